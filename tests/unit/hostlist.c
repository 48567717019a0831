/* hostlist: names folded over their last number, and what is a name. */
#include "unit/tap.h"
#include "hostlist.h"

static void
folds(const char *names, const char *want)
{
	char *copy = xstrdup(names), *rest = copy, *one, *got;
	const char *list[64];
	size_t count = 0;

	while ((one = strsep(&rest, " ")))
		if (*one)
			list[count++] = one;
	got = hostlist_fold(list, count);
	is(got, want, names);
	free(got);
	free(copy);
}

int
main(void)
{
	folds("", "");
	folds("n1", "n1");
	folds("n1 n3 n2", "n[1-3]");
	folds("n1 n2 n5 n8 n9", "n[1-2,5,8-9]");
	folds("n9 n10 n11", "n[9-11]");
	folds("n08 n09 n10 n11", "n[08-11]");
	folds("n08 n09 n10 n100 n7", "n[7,100,08-10]");
	folds("n01 n1", "n[1,01]");
	folds("n1 n1", "n1");
	folds("login login", "login");
	folds("n2 login n1", "n[1-2],login");
	folds("r1n1.dom r1n2.dom r2n1.dom", "r1n[1-2].dom,r2n1.dom");
	folds("n1-ib n2-ib n1", "n1,n[1-2]-ib");
	folds("n18446744073709551616 n1", "n1,n18446744073709551616");
	ok(hostlist_is_name("n1") && hostlist_is_name("Rack1-n.dom_x"), "names");
	ok(!hostlist_is_name("") && !hostlist_is_name("1n") && !hostlist_is_name("-n") && !hostlist_is_name("n 1") && !hostlist_is_name("n,1"),
		"what is none");
	return done();
}
