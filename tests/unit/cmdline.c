/* cmdline: words are unquoted as the kernel does it, the last one counts, and no key gets through. */
#include "unit/tap.h"
#include "init/cmdline.h"

/* The list as one text, each string in brackets. */
static char *
joined(struct strings *list)
{
	char *out = xstrdup("");
	size_t i;

	for (i = 0; i < list->count; i++) {
		char *longer = xasprintf("%s[%s]", out, list->at[i]);

		free(out);
		out = longer;
	}
	strings_free(list);
	return out;
}

static void
words(const char *text, const char *want)
{
	struct strings list = {0};
	char *got, *name = printable(text);

	cmdline_words(text, &list);
	got = joined(&list);
	is(got, want, name);
	free(got);
	free(name);
}

static void
switches(const char *text, const char *want, const char *want_refused)
{
	struct strings list = {0}, argv = {0}, refused = {0};
	char *got;
	size_t count;

	cmdline_words(text, &list);
	cmdline_switches(&list, &argv, &refused);
	count = refused.count;
	got = joined(&argv);
	is(got, want, text);
	free(got);
	got = joined(&refused);
	ok(want_refused ? count == 1 && strstr(got, want_refused) != NULL : count == 0, "refused of it: %s", got);
	ok(!strstr(got, "c0ffee"), "the message does not repeat the key");
	free(got);
	strings_free(&list);
}

static void
values(void)
{
	struct strings list = {0};

	cmdline_words("ip=off hostname quiet ip=dhcp ipx=1", &list);
	is(cmdline_value(&list, "ip"), "dhcp", "the last word of a name counts");
	is(cmdline_value(&list, "quiet"), "", "a word without = has an empty value");
	is(cmdline_value(&list, "i"), NULL, "a part of a name is no name");
	strings_free(&list);
}

int
main(void)
{
	words("", "");
	words(" \t\n", "");
	words("a  b\n", "[a][b]");
	words("a=\"b c\" d", "[a=b c][d]");
	words("\"a=b c\" d", "[a=b c][d]");
	words("a=b\" \"c", "[a=b\" \"c]");
	words("a=\"b c", "[a=b c]");
	words("a=\"", "[a=]");
	words("a=\"\"", "[a=]");
	words("\"", "[]");
	words("\"\" b", "[][b]");
	words("=\"a b\"", "[=\"a b\"]");
	values();
	switches("gproc.myParent=10.0.0.1 ro gproc.myId=\"hostname hostbase\"", "[-myParent=10.0.0.1][-myId=hostname hostbase]", NULL);
	switches("gproc.localbin gproc.p=false", "[-localbin=true][-p=false]", NULL);
	switches("gproc.hostname=n1 gproc.hostnames=x", "[-hostnames=x]", NULL);
	switches("gproc.key=/etc/other gproc.key=none", "[-key=/etc/other][-key=none]", NULL);
	switches("gproc.key=c0ffeec0ffeec0ffeec0ffeec0ffeec0ffeec0ffee0c0ffee0c0ffee0c0ffee0", "",
		"gproc.key on the kernel command line is refused");
	switches("gproc.key=c0ffee", "", "is refused");
	switches("gproc.key", "", "is refused");
	switches("gproc.key=/c0ffee00c0ffee00c0ffee00c0ffee00", "", "is refused");
	switches("gproc.myId=c0ffee00c0ffee00c0ffee00c0ffee00", "", "is refused");
	switches("gproc.=1", "", "not the name of a switch");
	switches("gproc.-x=1", "", "not the name of a switch");
	switches("gproc.a/b=1", "", "not the name of a switch");
	return done();
}
