/* map: members stand in the order of a walk, however they came; counts follow states; what lies under a path stands together. */
#include "unit/paths.h"
#include "node/map.h"

static const struct node_info info = {
	.boot = 7, .hostname = "h", .address = "a:1", .machine = "m", .version = "v", .limits = "", .cpus = 2};
static const struct node_stat figures = {.load = 100};
static struct neighbour {
	int none;
} links[2]; /* stand for neighbours */

static void
clear(struct map *m)
{
	while (m->count > 0)
		map_remove(m, m->at[0]);
	free(m->at);
	*m = (struct map){0};
}

static struct member *
put(struct map *m, const char *text)
{
	struct path p = path_of(text);

	return map_put(m, &(struct msg_node){p, 2, info, figures, "x86_64"}, &links[0]);
}

static struct member *
find(const struct map *m, const char *text)
{
	struct path p = path_of(text);

	return map_find(m, &p);
}

/* All paths in their order, with blanks between. */
static const char *
listed(const struct map *m)
{
	static char text[1024];
	char name[PATH_TEXT];
	size_t i;

	*text = '\0';
	for (i = 0; i < m->count; i++) {
		strcat(text, i ? " " : "");
		strcat(text, path_text(&m->at[i]->path, name));
	}
	return text;
}

/* What map_under says, as a text. */
static const char *
under(const struct map *m, const char *path)
{
	static char text[1024];
	struct path p = path_of(path);
	size_t count, first = map_under(m, &p, &count);
	struct map part = {.at = m->at + first, .count = count};

	return strcpy(text, listed(&part));
}

static void
order(void)
{
	static const char *const coming[] = {"2", "10:1", "1:5", "1", "10", "1:5:1", "1:40", "9", "1:5:1:1", "4294967295", "0"};
	struct map m = {0};
	size_t i, found = 0;

	for (i = 0; i < COUNT(coming); i++)
		(void)put(&m, coming[i]);
	is(listed(&m), "0 1 1:5 1:5:1 1:5:1:1 1:40 2 9 10 10:1 4294967295", "parents before children, ids by their value");
	for (i = 0; i < COUNT(coming); i++)
		found += find(&m, coming[i]) != NULL;
	ok(found == COUNT(coming) && m.count == found && m.up == found, "each is found, and counted once");
	ok(!find(&m, "3") && !find(&m, "1:5:2") && !find(&m, "10:1:1") && !find(&m, "master"), "no other is");
	is(under(&m, "1"), "1 1:5 1:5:1 1:5:1:1 1:40", "what is under a path stands together, itself first");
	is(under(&m, "1:5:1:1"), "1:5:1:1", "a leaf alone");
	is(under(&m, "4294967295"), "4294967295", "the last one");
	is(under(&m, "3"), "", "nothing is under what is not there");
	is(under(&m, "10:1:7"), "", "nor under a leaf's child");
	is(under(&m, "master"), listed(&m), "all is under the master");
	clear(&m);
	ok(m.count == 0 && m.up == 0 && !find(&m, "1"), "freed it is empty");
	is(under(&m, "master"), "", "nothing is under anything then");
}

static void
many(void)
{
	struct map m = {0};
	struct path p = {.depth = 1};
	size_t i, wrong = 0;

	for (i = 0; i < 1000; i++) {
		p.id[0] = (uint32_t)(i * 617 % 1000);
		(void)map_put(&m, &(struct msg_node){p, 2, info, figures, "x86_64"}, NULL);
	}
	for (i = 0; i < m.count; i++)
		wrong += m.at[i]->path.id[0] != i;
	ok(m.count == 1000 && wrong == 0, "a thousand that come out of order are in order");
	for (i = 0; i < 1000; i += 2) {
		p.id[0] = (uint32_t)i;
		map_remove(&m, map_find(&m, &p));
	}
	for (i = 0; i < m.count; i++)
		wrong += m.at[i]->path.id[0] != 2 * i + 1;
	ok(m.count == 500 && m.up == 500 && wrong == 0, "without every other they still are");
	clear(&m);
}

static void
facts(void)
{
	struct map m = {0};
	char hostname[] = "slave1";
	struct node_info own = info;
	struct member *one, *again;
	struct path p = path_of("1");

	own.hostname = hostname;
	one = map_put(&m, &(struct msg_node){p, 2, own, figures, "x86_64"}, &links[0]);
	hostname[0] = 'x';
	is(one->info.hostname, "slave1", "texts are copied");
	ok(one->state == NODE_UP && one->via == &links[0] && one->told && one->info.boot == 7 && one->stat.load == 100 && !one->why,
		"it is up");
	own.boot = 8;
	own.hostname = one->info.hostname; /* a text of its own: taken before the old one goes */
	again = map_put(&m, &(struct msg_node){p, 2, own, figures, "x86_64"}, &links[1]);
	ok(again == one && m.count == 1 && m.up == 1 && one->via == &links[1] && one->info.boot == 8,
		"put again it is the same, with new facts");
	is(one->info.hostname, "slave1", "and a text that was its own");
	clear(&m);
}

static void
states(void)
{
	struct map m = {0};
	struct member *one = put(&m, "1"), *two = put(&m, "1:2");

	map_set_state(&m, one, NODE_LOST, "silent for 15 s");
	ok(m.up == 1 && one->state == NODE_LOST && one->via == NULL, "a lost one is not up, and nobody leads there");
	is(one->why, "silent for 15 s", "why is kept");
	map_set_state(&m, one, NODE_LOST, "still");
	ok(m.up == 1, "lost twice it is counted once");
	map_set_state(&m, two, NODE_ORPHANED, "its parent 1 was lost");
	ok(m.up == 0 && m.count == 2 && two->via == NULL, "an orphan is not up");
	(void)put(&m, "1");
	ok(m.up == 1 && one->state == NODE_UP && !one->why && one->via == &links[0], "put again it is up, and the reason gone");
	map_remove(&m, two);
	ok(m.up == 1 && m.count == 1 && !find(&m, "1:2") && find(&m, "1"), "taken away, one that was not up changes no count");
	map_remove(&m, one);
	ok(m.up == 0 && m.count == 0, "one that was does");
	clear(&m);
}

static void
forgetting(void)
{
	struct map m = {0};
	struct member *one = put(&m, "1");

	member_must_forget(one, 5);
	member_must_forget(one, 6);
	ok(one->forget_count == 2 && one->forget[0] == 5 && one->forget[1] == 6, "jobs to be forgotten are kept in their order");
	(void)put(&m, "1");
	ok(one->forget_count == 2, "until somebody has told the node");
	clear(&m);
}

static uint32_t
free_id(const struct map *m, const char *path)
{
	struct path p = path_of(path);

	return map_free_id(m, &p);
}

static void
ids(void)
{
	struct map m = {0};

	ok(free_id(&m, "master") == 1 && free_id(&m, "5") == 1, "the first free id is 1");
	(void)put(&m, "0");
	ok(free_id(&m, "master") == 1, "also beside a node 0");
	(void)put(&m, "2");
	ok(free_id(&m, "master") == 1, "and when only 2 is taken");
	(void)put(&m, "1");
	ok(free_id(&m, "master") == 3, "then the next one after those that are taken in a row");
	(void)put(&m, "1:1");
	(void)put(&m, "1:2");
	(void)put(&m, "3:3");
	ok(free_id(&m, "master") == 3, "nodes further below take none, even where their parent is unknown");
	ok(free_id(&m, "1") == 3 && free_id(&m, "2") == 1 && free_id(&m, "1:1") == 1, "each parent has ids of its own");
	map_set_state(&m, find(&m, "1"), NODE_LOST, "");
	ok(free_id(&m, "master") == 1, "a lost node's id is free");
	map_set_state(&m, find(&m, "2"), NODE_ORPHANED, "");
	(void)put(&m, "1");
	ok(free_id(&m, "master") == 3, "an orphan's is not");
	clear(&m);
}

int
main(void)
{
	order();
	many();
	facts();
	states();
	forgetting();
	ids();
	return done();
}
