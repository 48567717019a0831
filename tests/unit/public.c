/* public: a file is everybody's only when mode, owner, ACL and every directory on its way say so. */
#include "unit/tap.h"
#include "ship/public.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

static const uid_t asker = 1001, other = 1002;
static char top[] = "/tmp/gproc-public-XXXXXX";

static char *
at(const char *name)
{
	static char path[4][256];
	static unsigned turn;
	char *text = path[turn++ % COUNT(path)];

	(void)snprintf(text, sizeof(path[0]), "%s/%s", top, name);
	return text;
}

static void
make(const char *name, mode_t mode, uid_t uid)
{
	const char *path = at(name);
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	if (fd < 0 || fchown(fd, uid, uid) != 0 || fchmod(fd, mode) != 0)
		perror(path);
	close(fd);
}

static void
make_dir(const char *name, mode_t mode)
{
	if (mkdir(at(name), 0700) != 0 || chmod(at(name), mode) != 0)
		perror(name);
}

/* As the asker, for whom it was the file of that name. */
static bool
is_public(const char *name)
{
	struct public_look look = {0};
	struct stat st = {0};
	bool is;

	(void)stat(at(name), &st);
	if (seteuid(asker) != 0)
		perror("seteuid");
	is = public_file(&look, at(name), st.st_dev, st.st_ino);
	if (seteuid(0) != 0)
		perror("seteuid");
	public_end(&look);
	return is;
}

/* Access for one more user, or a mask that takes some away: what an ACL is as bytes, linux/posix_acl_xattr.h. */
static bool
give_acl(const char *name)
{
	static const uint8_t acl[] = {2, 0, 0, 0, 1, 0, 7, 0, 0xff, 0xff, 0xff, 0xff, 2, 0, 0, 0, 0xe9, 3, 0, 0, 4, 0, 5, 0, 0xff, 0xff, 0xff,
		0xff, 0x10, 0, 5, 0, 0xff, 0xff, 0xff, 0xff, 0x20, 0, 5, 0, 0xff, 0xff, 0xff, 0xff};

	return setxattr(at(name), "system.posix_acl_access", acl, sizeof(acl), 0) == 0;
}

static void
modes(void)
{
	make("plain", 0644, other);
	ok(is_public("plain"), "what everybody may read is public");
	make("mine", 0644, asker);
	ok(!is_public("mine"), "but for the asker's own");
	make("theirs", 0640, other);
	make("no-group", 0604, other);
	make("no-owner", 0044, other);
	ok(!is_public("theirs") && !is_public("no-group") && !is_public("no-owner"), "what one of the three may not read isn't");
	(void)mkfifo(at("fifo"), 0666);
	(void)chown(at("fifo"), other, other);
	ok(!is_public("fifo"), "nor what is no file");
	ok(!is_public("nothing"), "nor what is not there");
}

static void
ways(void)
{
	make_dir("closed", 0750);
	make_dir("closed/open", 0755);
	make("closed/open/file", 0644, other);
	ok(!is_public("closed/open/file"), "a directory on the way that not everybody may search");
	make_dir("search", 0711);
	make("search/file", 0644, other);
	ok(is_public("search/file"), "one that can't be listed is on nobody's way");
	ok(symlink("search/file", at("link")) == 0 && is_public("link"), "a link is where it leads");
	ok(symlink("closed/open", at("way")) == 0 && !is_public("way/file"), "also on the way");
	ok(symlink("../../search/file", at("closed/open/out")) == 0 && is_public("closed/open/out"),
		"from a closed directory to what is open");
}

static void
changes(void)
{
	struct public_look look = {0};
	struct stat st;

	(void)stat(at("plain"), &st);
	ok(!public_file(&look, at("plain"), st.st_dev, st.st_ino + 1), "another file under that name by now is not");
	(void)seteuid(asker);
	ok(public_file(&look, at("plain"), st.st_dev, st.st_ino), "the same directory is looked at once for many");
	(void)stat(at("link"), &st);
	ok(public_file(&look, at("link"), st.st_dev, st.st_ino), "but for a link in it");
	ok(!public_file(&look, at("closed/open/file"), st.st_dev, st.st_ino), "and another anew");
	(void)seteuid(0);
	public_end(&look);
}

static void
acls(void)
{
	make("acl", 0644, other);
	make_dir("acl-dir", 0755);
	make("acl-dir/file", 0644, other);
	ok(is_public("acl-dir/file"), "a directory without an ACL");
	if (!give_acl("acl") || !give_acl("acl-dir")) {
		ok(true, "an ACL counts # SKIP no ACLs on this file system");
		return;
	}
	ok(!is_public("acl"), "a file with an ACL");
	ok(!is_public("acl-dir/file"), "or one on its way");
}

int
main(void)
{
	char *command;

	if (geteuid() != 0) {
		ok(true, "public files # SKIP files of several users can't be made without root");
		return done();
	}
	if (!mkdtemp(top) || chmod(top, 0755) != 0)
		return 1;
	modes();
	ways();
	changes();
	acls();
	command = xasprintf("rm -rf %s", top);
	(void)!system(command);
	free(command);
	return done();
}
