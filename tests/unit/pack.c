/* Commands and files of the head made into manifests. */
#include "ship/pack.h"
#include "ship/libs.h"
#include "tap.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char top[] = "/tmp/pack.XXXXXX";
static unsigned warnings;
static char last_warning[512];

static void
count_warning(const char *text)
{
	warnings++;
	(void)snprintf(last_warning, sizeof(last_warning), "%s", text);
}

static char *
under_top(const char *name)
{
	static char path[8][512];
	static unsigned next;
	char *out = path[next++ % 8];

	(void)snprintf(out, sizeof(path[0]), "%s/%s", top, name);
	return out;
}

static void
make_file(const char *name, const char *text, mode_t mode)
{
	FILE *f = fopen(under_top(name), "w");

	fputs(text, f);
	fclose(f);
	(void)chmod(under_top(name), mode);
}

static void
make_all(void)
{
	ok(mkdtemp(top) != NULL, "a directory");
	mkdir(under_top("d"), 0750);
	mkdir(under_top("d/inner"), 0755);
	mkdir(under_top("desk"), 0700);
	make_file("d/one", "one", 0644);
	make_file("d/inner/secret", "two", 0600);
	make_file("d/a,b", "comma", 0644);
	make_file("desk/here", "three", 04755);
	make_file("empty", "", 0644);
	(void)!link(under_top("d/one"), under_top("d/again"));
	(void)!symlink("inner", under_top("d/to-inner"));
	(void)!symlink("nowhere", under_top("d/dangling"));
	mkfifo(under_top("d/fifo"), 0600);
}

static struct pack_query
query(const char *program, const char *files)
{
	return (struct pack_query){.root = "/",
		.search = "/usr/local/bin:/usr/bin:/bin",
		.program = program,
		.files = files,
		.cwd = under_top("desk"),
		.warn = count_warning};
}

/* The entry for a path below the test's own directory. */
static struct entry *
entry_of(const struct pack *p, const char *name)
{
	return manifest_find(&p->manifest, under_top(name) + 1);
}

/* The source of an entry's contents, asked for in the scope that the entry names. */
static struct source *
source_of(const struct pack *p, const struct entry *e)
{
	struct object_name name = {e->digest, e->flags & ENTRY_PUBLIC ? SCOPE_PUBLIC : 0};

	return pack_find(p, &name);
}

/* The manifest's own blob is read back by the strict reader, and each file's contents hash to what it says. */
static bool
consistent(const struct pack *p)
{
	struct manifest m;
	size_t i;
	bool fine = manifest_decode(p->at[0].bytes, (size_t)p->at[0].id.size, 1001, &m) == 0;

	if (!fine) {
		printf("# %s\n", bundle_error());
		return false;
	}
	for (i = 0; i < m.count && fine; i++) {
		struct source *s;
		struct blob_id id;
		uint8_t *object;
		ssize_t n;

		if (m.at[i].kind != ENTRY_FILE)
			continue;
		s = source_of(p, &m.at[i]);
		object = xmalloc((size_t)object_length(m.at[i].size));
		n = s ? source_read(s, 0, object, (size_t)object_length(m.at[i].size)) : -1;
		blob_of_bytes(object + list_length(m.at[i].size), (size_t)m.at[i].size, &id);
		fine = n == (ssize_t)object_length(m.at[i].size) && digest_equal(&id.digest, &m.at[i].digest);
		free(object);
		blob_id_free(&id);
	}
	manifest_free(&m);
	return fine;
}

static void
program(void)
{
	struct pack_query q = query("date", NULL);
	struct entry *e = NULL;
	struct pack p, second;
	size_t i, libraries = 0;
	int status;

	if (!ok(pack_make(&q, &p, &status) == 0 && status == 0, "date is packed"))
		printf("# %s\n", pack_error());
	ok(has_prefix(p.manifest.program, "/") && strstr(p.manifest.program, "/date"), "with its path");
	e = manifest_find(&p.manifest, p.manifest.program + 1);
	ok(e && e->kind == ENTRY_FILE && (e->flags & ENTRY_PROGRAM) && !(e->flags & ENTRY_OWN) && e->size > 1000, "as a program");
	for (i = 0; i < p.manifest.count; i++)
		libraries += p.manifest.at[i].kind == ENTRY_FILE && (p.manifest.at[i].flags & ENTRY_LIBRARY);
	ok(libraries >= 2 && p.manifest.interpreter[0] == '/' && p.manifest.library_path[0] == '/' && p.manifest.machine[0],
		"with libraries, and where they are");
	e = entry_of(&p, "desk");
	ok(e && e->kind == ENTRY_DIR && e->flags == ENTRY_OWN && e->mode == 0700, "the working directory is the job user's own");
	e = manifest_find(&p.manifest, "tmp");
	ok(e && e->kind == ENTRY_DIR && e->flags == 0 && e->mode == 0755 && e->mtime == 0, "what is on the way to it is not");
	ok(!entry_of(&p, "desk/here"), "it is empty");
	ok(consistent(&p), "all contents can be read as the manifest says");
	make_file("desk/new", "", 0644);
	ok(pack_make(&q, &second, &status) == 0 && digest_equal(&second.at[0].id.digest, &p.at[0].id.digest),
		"the same launch makes the same manifest");
	pack_free(&second);
	pack_free(&p);
}

static void
files(void)
{
	char *list = xasprintf("%s,here,../desk/./here,%s", under_top("d"), under_top("empty"));
	struct pack_query q = query(NULL, list);
	struct entry *e;
	struct pack p;
	int status;

	warnings = 0;
	if (!ok(pack_make(&q, &p, &status) == 0, "files without a program"))
		printf("# %s\n", pack_error());
	ok(!p.deps && !p.manifest.program[0], "there is none");
	e = entry_of(&p, "d");
	ok(e && e->kind == ENTRY_DIR && e->mode == 0750 && e->flags == ENTRY_OWN, "a directory");
	e = entry_of(&p, "d/inner/secret");
	ok(e && e->kind == ENTRY_FILE && e->mode == 0600 && e->flags == ENTRY_OWN && e->size == 3, "what is deep in it");
	e = entry_of(&p, "d/to-inner");
	ok(e && e->kind == ENTRY_LINK && strcmp(e->target, "inner") == 0, "a link is a link");
	ok(entry_of(&p, "d/dangling") != NULL, "even if it leads nowhere");
	ok(!entry_of(&p, "d/fifo") && warnings == 2, "a fifo is left out, and told");
	e = entry_of(&p, "desk/here");
	ok(e && e->mode == 0755 && strstr(last_warning, "here has set-id bits"), "a relative name, twice; its set-id bit is dropped, and told");
	e = entry_of(&p, "empty");
	ok(e && e->size == 0 && source_of(&p, e), "an empty file");
	ok(digest_equal(&entry_of(&p, "d/one")->digest, &entry_of(&p, "d/again")->digest) && p.count == 6,
		"a file with two names is one source");
	ok(consistent(&p), "all contents can be read");
	pack_free(&p);
	free(list);
}

static void
links(void)
{
	char *list = xasprintf("%s,%s,%s", under_top("d/to-inner"), under_top("d/to-inner/secret"), under_top("d/a\\,b"));
	struct pack_query q = query(NULL, list);
	struct pack p;
	int status;

	if (!ok(pack_make(&q, &p, &status) == 0, "a link named itself"))
		printf("# %s\n", pack_error());
	ok(entry_of(&p, "d/to-inner")->kind == ENTRY_LINK && entry_of(&p, "d/inner/secret"), "brings what it leads to");
	ok(!entry_of(&p, "d/to-inner/secret"), "and what was named by way of it lies there");
	ok(entry_of(&p, "d/a,b") != NULL, "a comma in a name");
	ok(consistent(&p), "the manifest is sound");
	pack_free(&p);
	free(list);

	(void)!symlink("loop", under_top("loop"));
	list = xasprintf("%s,%s", under_top("d/dangling"), under_top("loop"));
	q = query(NULL, list);
	warnings = 0;
	ok(pack_make(&q, &p, &status) == 0 && entry_of(&p, "d/dangling") && entry_of(&p, "loop") && warnings == 2,
		"links to nothing and to themselves are sent, and told");
	pack_free(&p);
	free(list);
}

/* Fails with status 255 and a message that names what it is about. */
static void
refused(const char *list, const char *want, const char *name)
{
	struct pack_query q = query(NULL, list);
	struct pack p;
	int status, bad = pack_make(&q, &p, &status);

	if (!ok(bad && status == 255 && strstr(pack_error(), want), "%s", name))
		printf("# %s\n", bad ? pack_error() : "(taken)");
	pack_free(&p);
}

static void
refusals(void)
{
	struct pack_query q = query("no-such-program", NULL);
	char deep[700];
	struct pack p;
	int status;
	size_t i;

	ok(pack_make(&q, &p, &status) == -1 && status == 127 && strstr(pack_error(), "no-such-program"), "no such program");
	pack_free(&p);
	refused("missing", "desk/missing: No such file", "a missing file");
	refused(under_top("d/fifo"), "fifo", "a fifo named itself");
	refused("/dev/null", "/dev/null", "a device");
	for (i = 0; i < 200; i++)
		memcpy(deep + 2 * i, "/x", 3);
	refused(deep, "too deep", "a path too deep");
	q = query(NULL, NULL);
	q.cwd = "(unreachable)/x";
	ok(pack_make(&q, &p, &status) == -1, "a working directory that has no path");
	pack_free(&p);
}

/* A root whose /bin is a link, and a file of the head that would lie at the same path. */
static void
two_sources(void)
{
	char *root = xstrdup(under_top("root")), *list, *command;
	struct pack_query q;
	struct pack p;
	int status;

	command = xasprintf("mkdir -p %s/usr/bin %s%s && ln -s usr/bin %s/bin && echo 'int main(void) { return 0; }' |"
			    " gcc -static -x c -o %s/usr/bin/prog - && cp %s/usr/bin/prog %s%s/",
		root, root, top, root, root, root, root, top);
	ok(system(command) == 0, "a root with a static program");
	free(command);
	q = query("/bin/prog", NULL);
	q.root = root;
	if (!ok(pack_make(&q, &p, &status) == 0, "a program of another root"))
		printf("# %s\n", pack_error());
	is(p.manifest.at[0].target, "usr/bin", "its link is sent");
	ok(manifest_find(&p.manifest, "usr/bin/prog") && consistent(&p), "and it lies where the link leads");
	pack_free(&p);

	make_file("prog", "other", 0755);
	q.program = xasprintf("%s/prog", top);
	q.files = q.program;
	ok(pack_make(&q, &p, &status) == -1 && status == 255 && strstr(pack_error(), "two sources"), "two sources for one path");
	pack_free(&p);
	free((char *)(uintptr_t)q.program);

	list = xasprintf("%s/usr/bin/prog,%s/usr/bin/prog", root, root);
	q = query("./root/usr/bin/prog", list);
	ok(chdir(top) == 0 && pack_make(&q, &p, &status) == 0 && (entry_of(&p, "root/usr/bin/prog")->flags & ENTRY_PROGRAM),
		"the same source for one path is fine");
	pack_free(&p);
	free(list);
	free(root);
}

static void
changes(void)
{
	char *list = xasprintf("%s,%s", under_top("d/one"), under_top("desk/here"));
	struct pack_query q = query(NULL, list);
	struct source *one, *here;
	uint8_t out[100];
	struct pack p;
	int status;

	ok(pack_make(&q, &p, &status) == 0, "two files");
	one = source_of(&p, entry_of(&p, "d/one"));
	here = source_of(&p, entry_of(&p, "desk/here"));
	ok(source_read(one, 30, out, 4) == 4 && memcmp(out + 2, "on", 2) == 0, "a part of list and contents");
	ok(source_read(one, 34, out, 4) == 1 && source_read(one, 35, out, 4) == 0, "the end");
	make_file("d/one", "oNe", 0644);
	ok(source_read(one, 32, out, 3) == -1 && strstr(source_error(), "d/one changed"), "a file that has changed is told by name");
	(void)!truncate(under_top("desk/here"), 2);
	ok(source_read(here, 32, out, 5) == -1 && strstr(source_error(), "desk/here changed"), "so is one cut short");
	unlink(under_top("desk/here"));
	ok(source_read(here, 32, out, 5) == -1 && strstr(source_error(), "desk/here: No such file"), "and one that has gone");
	ok(source_read(here, 0, out, 32) == 32, "its list is known still");
	pack_free(&p);
	free(list);
}

/* What its user may not read can't be sent: tried as nobody, since root may read all. */
static void
unreadable(void)
{
	int status = -1;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		struct pack_query q = query(NULL, under_top("d/inner/secret"));
		struct pack p;
		int bad;

		if (geteuid() == 0 && (chmod(under_top("d"), 0755) < 0 || chmod(top, 0755) < 0 || setgid(65534) < 0 || setuid(65534) < 0))
			_exit(2);
		q.cwd = "/";
		(void)chmod(under_top("d/inner/secret"), 0);
		bad = pack_make(&q, &p, &status) == 0 || !strstr(pack_error(), "secret: Permission denied");
		_exit(bad);
	}
	(void)waitpid(pid, &status, 0);
	ok(status == 0, "an unreadable file is an error that names it");
}

static bool
has_text(const struct pack *p, const char *path, const char *text)
{
	const struct entry *e = manifest_find(&p->manifest, path + 1);
	struct source *s = e ? source_of(p, e) : NULL;
	uint8_t object[4096];
	size_t list = s ? (size_t)list_length(s->id.size) : 0;

	return s && source_read(s, 0, object, sizeof(object)) == (ssize_t)(list + strlen(text)) &&
	       memcmp(object + list, text, strlen(text)) == 0;
}

/* What is added while it is sent is no change; what is written over what was there is. */
static void
growing(void)
{
	char *list = xasprintf("%s,%s", under_top("log"), under_top("long"));
	struct pack_query q = query(NULL, list);
	struct pack p;
	struct source *s;
	static uint8_t object[PIECE_SIZE];
	FILE *f;
	int status;

	make_file("log", "first\n", 0644);
	f = fopen(under_top("long"), "w");
	ok(ftruncate(fileno(f), 2 * CHUNK_SIZE + 10) == 0 && pack_make(&q, &p, &status) == 0, "two files");
	fclose(f);
	f = fopen(under_top("log"), "a");
	fputs("second\n", f);
	fflush(f);
	ok(has_text(&p, under_top("log"), "first\n"), "a file that has grown is sent as it was");
	rewind(f);
	ok(ftruncate(fileno(f), 0) == 0 && fputs("First\n+second\n", f) > 0, "another beginning");
	fclose(f);
	ok(!has_text(&p, under_top("log"), "first\n") && strstr(source_error(), "log changed while it was being sent"), "is a change");
	s = source_of(&p, entry_of(&p, "long"));
	f = fopen(under_top("long"), "r+");
	fseek(f, CHUNK_SIZE + 3, SEEK_SET);
	fputc('x', f);
	fclose(f);
	ok(source_read(s, list_length(s->id.size), object, PIECE_SIZE) == PIECE_SIZE, "of a changed file, what is unchanged is sent");
	ok(source_read(s, list_length(s->id.size) + CHUNK_SIZE, object, PIECE_SIZE) == -1 && strstr(source_error(), "/long changed"),
		"and what is changed is not");
	ok(source_read(s, list_length(s->id.size) + 2 * CHUNK_SIZE - 5, object, 10) == -1, "even where a piece begins in the middle");
	pack_free(&p);
	free(list);
}

/* A file that was written to without a trace in its times, as through a mapping: what is known of it is not so. What is asked for once more,
 * for its node had no use for it, is proved. */
static void
changed_unseen(void)
{
	struct source s = {.file = NULL};
	static uint8_t text[50000];
	uint8_t out[8];
	struct stat st;
	struct file_mark mark;
	struct blob_id other;
	FILE *f;

	setenv("XDG_CACHE_HOME", top, 1);
	make_file("unseen", "", 0644);
	f = fopen(under_top("unseen"), "r+");
	ok(fseek(f, 40000, SEEK_SET) == 0 && fputs("a", f) > 0 && fflush(f) == 0 && fstat(fileno(f), &st) == 0, "a file");
	mark = file_mark(fileno(f), &st);
	memset(text, 'x', sizeof(text));
	blob_of_bytes(text, (size_t)st.st_size, &other);
	hashed_add(open(top, O_RDONLY), &mark, st.st_ctim.tv_sec + 10, &other);
	hashed_keep();
	ok(source_of_file(under_top("unseen"), &s) == 0 && digest_equal(&s.id.digest, &other.digest), "is known as what it was");
	ok(source_read(&s, 32, out, 8) == 8, "and sent");
	ok(source_read(&s, 32, out, 8) == -1 && strstr(source_error(), "unseen changed"), "but not a second time");
	source_clear(&s);
	ok(source_of_file(under_top("unseen"), &s) == 0 && !digest_equal(&s.id.digest, &other.digest), "then it is hashed anew");
	source_clear(&s);
	blob_id_free(&other);
	fclose(f);
	hashed_keep();
	unsetenv("XDG_CACHE_HOME");
}

/* proc(5): made up for each reader, and their size is 0. */
static void
without_size(void)
{
	struct pack_query q = query(NULL, "/proc/sys/kernel/ostype,/proc/self/status,/sys/kernel/mm/transparent_hugepage/enabled");
	struct entry *e;
	struct pack p;
	int status;
	size_t i;

	if (!ok(pack_make(&q, &p, &status) == 0, "files of the kernel's"))
		printf("# %s\n", pack_error());
	ok(has_text(&p, "/proc/sys/kernel/ostype", "Linux\n"), "one whose size is 0 is read");
	ok(consistent(&p), "all that was read can be read again");
	for (i = 0; i < p.manifest.count; i++) {
		e = &p.manifest.at[i];
		if (e->kind == ENTRY_FILE)
			ok(e->size > 0, "%s has contents", e->path);
	}
	pack_free(&p);
}

/* A comma in a name, and a backslash before one, have a backslash before them. */
static void
names(void)
{
	char *list = xasprintf("%s\\\\,%s,%s,%s\\", under_top("end"), under_top("in\\side"), under_top("a\\\\\\,b"), under_top("last"));
	struct pack_query q;
	struct pack p;
	int status;

	make_file("end\\", "1", 0644);
	make_file("in\\side", "2", 0644);
	make_file("a\\,b", "3", 0644);
	make_file("last\\", "4", 0644);
	q = query(NULL, list);
	if (!ok(pack_make(&q, &p, &status) == 0, "names with backslashes"))
		printf("# %s\n", pack_error());
	ok(has_text(&p, under_top("end\\"), "1"), "one at the end, before a comma");
	ok(has_text(&p, under_top("in\\side"), "2"), "one within");
	ok(has_text(&p, under_top("a\\,b"), "3"), "one before a comma of the name's");
	ok(has_text(&p, under_top("last\\"), "4"), "one at the end of all");
	pack_free(&p);
	free(list);
}

int
main(void)
{
	char *command;

	make_all();
	program();
	files();
	links();
	refusals();
	two_sources();
	unreadable();
	changes();
	growing();
	changed_unseen();
	without_size();
	names();
	command = xasprintf("rm -rf %s", top);
	ok(system(command) == 0, "cleaned up");
	free(command);
	return done();
}
