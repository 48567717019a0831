/* unpack: trees share inodes that nobody else may write, own copies are the user's, and nothing leads out of the root. */
#include "unit/manifests.h"
#include "run/unpack.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "run/vault.h"

static char top[] = "/tmp/gproc-test-XXXXXX";
static int store;

static struct digest
blob(const char *text)
{
	struct blob_id id;
	struct digest d;
	char text_of[OBJECT_TEXT], name[OBJECT_TEXT + 8];
	int fd;

	blob_of_bytes(text, strlen(text), &id);
	d = id.digest;
	blob_id_free(&id);
	object_text(&(struct object_name){d, 0}, text_of);
	snprintf(name, sizeof(name), "blob/%s", text_of);
	fd = openat(store, name, O_WRONLY | O_CREAT | O_EXCL, 0400);
	if (fd >= 0) {
		(void)write_full(fd, text, strlen(text));
		close(fd);
	}
	return d;
}

static void
file(struct manifest *m, const char *path, const char *text, unsigned mode, uint64_t mtime, unsigned flags)
{
	struct entry *e = manifest_add(m, path, ENTRY_FILE);

	e->size = strlen(text);
	e->digest = blob(text);
	e->mode = mode;
	e->mtime = mtime;
	e->flags = flags;
}

static void
dir(struct manifest *m, const char *path, unsigned flags)
{
	struct entry *e = manifest_add(m, path, ENTRY_DIR);

	e->mode = 0750;
	e->flags = flags;
}

static void
link_to(struct manifest *m, const char *path, const char *target)
{
	manifest_add(m, path, ENTRY_LINK)->target = xstrdup(target);
}

static struct stat
at(const char *path)
{
	struct stat st = {0};

	(void)fstatat(store, path, &st, AT_SYMLINK_NOFOLLOW);
	return st;
}

static struct unpacking
of(const struct manifest *m, const char *job)
{
	return (struct unpacking){.store = store, .job = job, .manifest = m};
}

static int
tree(const struct manifest *m, const char *hex, const char *job)
{
	struct unpacking p = of(m, job);

	return unpack_tree(&p, hex);
}

static int
own(const struct manifest *m, int root, struct unpacked *unpacked)
{
	struct unpacking p = of(m, "1");

	return unpack_own(&p, root, unpacked);
}

static int
all(const struct manifest *m, int root, const char *job)
{
	struct unpacking p = of(m, job);

	return unpack_all(&p, root);
}

static void
test_tree(void)
{
	struct manifest m = {0}, other = {0};
	struct stat blob_st, first, second, third;
	char text_of[OBJECT_TEXT], name[OBJECT_TEXT + 8];
	struct digest d = blob("program");

	object_text(&(struct object_name){d, 0}, text_of);
	snprintf(name, sizeof(name), "blob/%s", text_of);
	dir(&m, "bin", 0);
	file(&m, "bin/prog", "program", 0777, 1000, ENTRY_PROGRAM);
	file(&m, "bin/same", "program", 0755, 1000, 0);
	link_to(&m, "bin/link", "/etc/passwd");
	file(&m, "bin/zz-own", "own", 0600, 1000, 0);
	file(&m, "bin/zz-secret", "secret", 0640, 1000, 0);
	file(&m, "empty", "", 0644, 5, 0);
	sort_manifest(&m);
	ok(tree(&m, "aaaa", "1") == 0, "a tree is made");
	blob_st = at(name);
	first = at("tree/aaaa/bin/prog");
	ok(first.st_ino == blob_st.st_ino, "the blob's own inode becomes the program's: its memory is paid once");
	ok((first.st_mode & 07777) == 0755 && first.st_mtim.tv_sec == 1000, "with its time, and a mode that lets no other write");
	ok(at("tree/aaaa/bin/same").st_ino == first.st_ino, "the same contents, mode and time are the same inode");
	ok(S_ISLNK(at("tree/aaaa/bin/link").st_mode), "links are links");
	ok(at("tree/aaaa/bin/zz-own").st_ino == 0 && at("tree/aaaa/bin/zz-secret").st_ino == 0,
		"what not everybody may read is not shared");
	ok(at("tree/aaaa/empty").st_mode == (S_IFREG | 0644), "an empty file needs no blob");
	dir(&other, "usr", 0);
	file(&other, "usr/prog", "program", 0755, 1000, 0);
	file(&other, "usr/prog2", "program", 0755, 2000, 0);
	ok(tree(&other, "bbbb", "2") == 0, "another tree");
	second = at("tree/bbbb/usr/prog");
	third = at("tree/bbbb/usr/prog2");
	ok(second.st_ino == first.st_ino, "shares the inode");
	ok(third.st_ino && third.st_ino != first.st_ino && third.st_mtim.tv_sec == 2000, "but not one of another time");
	ok(tree(&m, "aaaa", "3") == 0 && at("tree/aaaa/bin/prog").st_ino == first.st_ino, "a tree that is there is used");
	manifest_free(&m);
	manifest_free(&other);
}

static void
test_own(void)
{
	struct unpacked unpacked = {0};
	struct manifest m = {0};
	int root;

	dir(&m, "bin", 0);
	dir(&m, "bin/deep", 0);
	file(&m, "bin/deep/prog", "program", 0755, 1000, 0);
	dir(&m, "home", 0);
	dir(&m, "home/me", ENTRY_OWN);
	file(&m, "home/me/prog", "program", 0755, 1000, 0);
	file(&m, "home/me/data", "mine", 0640, 1000, ENTRY_OWN);
	dir(&m, "home/other", 0);
	link_to(&m, "lib", "usr/lib");
	sort_manifest(&m);
	ok(mkdirat(store, "own", 0755) == 0, "a directory");
	root = openat(store, "own", O_RDONLY | O_DIRECTORY);
	ok(own(&m, root, &unpacked) == 0, "own files are placed");
	ok(unpacked.shared.count == 3 && strings_has(&unpacked.shared, "bin") && strings_has(&unpacked.shared, "home/me/prog") &&
			strings_has(&unpacked.shared, "home/other"),
		"the shared rest is named, whole directories by themselves");
	ok((at("own/home").st_mode & 07777) == 0755, "a directory on the way lets everybody through");
	ok((at("own/home/me").st_mode & 07777) == 0750, "an own one has its own mode");
	ok(at("own/home/me/data").st_size == 4 && at("own/home/me/data").st_nlink == 1 && (at("own/home/me/data").st_mode & 07777) == 0640,
		"an own file is a copy");
	ok(at("own/bin").st_mode == (S_IFDIR | 0755) && at("own/bin/deep").st_ino == 0 && at("own/home/me/prog").st_size == 0,
		"the shared ones are places to mount on");
	(void)close(openat(store, "own/home/me/new", O_WRONLY | O_CREAT, 0600));
	unpack_undo(root, &unpacked);
	ok(at("own/bin").st_ino == 0 && at("own/lib").st_ino == 0 && at("own/home/other").st_ino == 0 && at("own/home/me/data").st_ino == 0,
		"what was made is removed");
	ok(at("own/home/me/new").st_ino != 0, "but not what was added");
	(void)unlinkat(store, "own/home/me/new", 0);
	ok(symlinkat("../..", store, "own/home/me/prog") == 0 && mkdirat(store, "data", 0755) == 0, "a link");
	strings_add(&unpacked.files, "home/me/prog/victim");
	strings_add(&unpacked.dirs, "home/me/prog/data");
	unpack_undo(root, &unpacked);
	ok(at("data").st_ino != 0 && at("victim").st_ino != 0, "no link is followed");
	close(root);
	strings_free(&unpacked.shared);
	strings_free(&unpacked.dirs);
	strings_free(&unpacked.files);
	manifest_free(&m);
}

/* Names in the lower layer of an overlay instead of copies: of the blob, or where mode and time must be there too of the inode that has them. */
static void
test_lower(void)
{
	struct unpacked unpacked = {0};
	struct manifest m = {0};
	struct unpacking p = of(&m, "5");
	bool lower[5] = {false};
	struct unpacked_size size;
	int root;

	dir(&m, "home", 0);
	dir(&m, "home/me", ENTRY_OWN);
	file(&m, "home/me/data", "large one", 0640, 1000, ENTRY_OWN);
	file(&m, "home/me/small", "small", 0640, 1000, ENTRY_OWN);
	dir(&m, "usr", 0);
	sort_manifest(&m);
	lower[2] = true;
	size = unpack_own_size(&m, lower);
	ok(size.bytes == 4096 && size.inodes == 6 && size.below == 4, "what is shown from below takes no room but for names");
	ok(remove_tree(store, "own") == 0 && mkdirat(store, "own", 0755) == 0, "a directory");
	root = openat(store, "own", O_RDONLY | O_DIRECTORY);
	p.lower = lower;
	ok(unpack_own(&p, root, &unpacked) == 0, "own files are placed");
	ok(at("own/home/me/data").st_ino == 0 && at("own/home/me/small").st_size == 5, "but not what is shown from below");
	ok(at("lower/5/home/me/data").st_size == 9 && at("lower/5/home/me/data").st_nlink == 2, "there it is the store's own file");
	ok((at("lower/5/home/me/data").st_mode & 07777) == 0400 && at("lower/5/home/me/small").st_ino == 0, "as it is, and nothing else");
	unpack_undo(root, &unpacked);
	p.faced = true;
	p.job = "6";
	ok(unpack_own(&p, root, &unpacked) == 0 && at("lower/6/home/me/data").st_ino == at("lower/5/home/me/data").st_ino,
		"the same file can get a mode and a time");
	ok((at("lower/6/home/me/data").st_mode & 07777) == 0640 && at("lower/6/home/me/data").st_mtim.tv_sec == 1000, "which are the entry's");
	unpack_undo(root, &unpacked);
	m.at[2].mtime = 2000;
	p.job = "7";
	ok(unpack_own(&p, root, &unpacked) == 0 && at("lower/7/home/me/data").st_ino != at("lower/5/home/me/data").st_ino &&
			at("lower/6/home/me/data").st_mtim.tv_sec == 1000,
		"but only once");
	unpack_undo(root, &unpacked);
	(void)remove_tree(store, "own");
	close(root);
	strings_free(&unpacked.shared);
	strings_free(&unpacked.dirs);
	strings_free(&unpacked.files);
	manifest_free(&m);
}

/* A manifest that no decoder would let through must do no harm either. */
static void
refused(const char *name, void (*add)(struct manifest *))
{
	struct unpacked unpacked = {0};
	struct manifest m = {0};
	int root;

	add(&m);
	ok(tree(&m, "evil", "9") < 0, "%s: no tree", name);
	ok(at("tree/evil").st_ino == 0 && at("tree/.new-9").st_ino == 0, "%s: nothing left behind", name);
	(void)remove_tree(store, "root");
	(void)mkdirat(store, "root", 0755);
	root = openat(store, "root", O_RDONLY | O_DIRECTORY);
	ok(all(&m, root, "9") < 0, "%s: not in binRoot", name);
	ok(unpack_error()[0] != '\0', "%s: says why: %s", name, unpack_error());
	(void)remove_tree(store, "root");
	(void)mkdirat(store, "root", 0755);
	close(root);
	root = openat(store, "root", O_RDONLY | O_DIRECTORY);
	ok(own(&m, root, &unpacked) < 0 || at("victim/file").st_ino == 0, "%s: not among own files", name);
	ok(at("victim/file").st_ino == 0 && at("file").st_ino == 0, "%s: nothing outside", name);
	close(root);
	strings_free(&unpacked.shared);
	strings_free(&unpacked.dirs);
	strings_free(&unpacked.files);
	manifest_free(&m);
}

static void
through_link(struct manifest *m)
{
	link_to(m, "out", "../../victim");
	file(m, "out/file", "x", 0644, 1, 0);
}

static void
through_absolute_link(struct manifest *m)
{
	char *victim = xasprintf("%s/victim", top);

	link_to(m, "out", victim);
	file(m, "out/file", "x", 0644, 1, 0);
	free(victim);
}

static void
through_dots(struct manifest *m)
{
	dir(m, "a", 0);
	file(m, "a/../../../file", "x", 0644, 1, 0);
}

static void
below_a_file(struct manifest *m)
{
	file(m, "a", "x", 0644, 1, 0);
	file(m, "a/file", "x", 0644, 1, 0);
}

static void
without_contents(struct manifest *m)
{
	file(m, "a", "x", 0644, 1, 0);
	m->at[0].digest.byte[0] ^= 1;
}

static void
test_real(void)
{
	struct manifest m = {0};
	struct stat first;
	int root;

	(void)remove_tree(store, "root");
	(void)mkdirat(store, "root", 0755);
	root = openat(store, "root", O_RDONLY | O_DIRECTORY);
	dir(&m, "bin", 0);
	file(&m, "bin/prog", "new program", 0755, 1000, 0);
	link_to(&m, "link", "bin");
	sort_manifest(&m);
	ok(all(&m, root, "1") == 0, "files go into the real binRoot");
	first = at("root/bin/prog");
	ok(first.st_nlink == 1 && (first.st_mode & 07777) == 0755, "as copies");
	ok(all(&m, root, "2") == 0 && at("root/bin/prog").st_ino == first.st_ino, "what is the same already is left alone");
	ok(fchmodat(store, "root/bin/prog", 0777, 0) == 0 && all(&m, root, "3") == 0 && at("root/bin/prog").st_ino != first.st_ino,
		"what is not is replaced by a new inode, for the old one may be running");
	(void)remove_tree(store, "root/bin");
	ok(symlinkat("../victim", store, "root/bin") == 0 && all(&m, root, "4") < 0 && at("victim/prog").st_ino == 0,
		"a directory that became a link is not followed");
	close(root);
	manifest_free(&m);
}

static void
resolves(const struct manifest *m, const char *path, const char *want)
{
	char *got = unpack_resolve(m, path);

	is(got, want, path);
	free(got);
}

static void
test_resolve(void)
{
	struct manifest m = {0};

	link_to(&m, "bin", "usr/bin");
	link_to(&m, "loop", "loop2");
	link_to(&m, "loop2", "/loop");
	dir(&m, "usr", 0);
	dir(&m, "usr/bin", 0);
	link_to(&m, "usr/bin/sh", "../../../../etc/alternatives/sh");
	link_to(&m, "etc/alternatives/sh", "/bin/dash");
	sort_manifest(&m);
	resolves(&m, "/bin/sh", "usr/bin/dash");
	resolves(&m, "/bin/./x/../y", "usr/bin/y");
	resolves(&m, "/unknown/path", "unknown/path");
	resolves(&m, "/", "");
	resolves(&m, "/../..", "");
	resolves(&m, "/loop/x", NULL);
	manifest_free(&m);
}

int
main(void)
{
	(void)umask(0);
	if (!mkdtemp(top) || (store = open(top, O_RDONLY | O_DIRECTORY)) < 0 || mkdirat(store, "blob", 0700) < 0 ||
		mkdirat(store, "inode", 0700) < 0 || mkdirat(store, "tree", 0700) < 0 || mkdirat(store, "lower", 0700) < 0 || mkdirat(store, "victim", 0700) < 0)
		return 1;
	test_tree();
	test_own();
	test_lower();
	refused("a file through a link", through_link);
	refused("a file through an absolute link", through_absolute_link);
	refused("a file above the root", through_dots);
	refused("a file below a file", below_a_file);
	refused("contents that are not there", without_contents);
	test_real();
	test_resolve();
	(void)remove_tree(AT_FDCWD, top);
	close(store);
	return done();
}
