/* key: what a key file may hold and who may read it, how one is made, and the archive that carries it. */
#include "unit/tap.h"
#include "link/key.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define HEX1 "0101010101010101010101010101010101010101010101010101010101010101"
#define HEX2 "abcdefabcdefabcdefabcdefabcdefabcdefabcdefabcdefabcdefABCDEF0123"

static int
parse(const char *text, struct keyring *ring)
{
	return key_parse("k", text, strlen(text), ring);
}

static void
parsing(void)
{
	struct keyring ring;
	char id[KEY_ID_TEXT], many[9 * 65 + 1] = "";
	size_t n;

	ok(parse("# ours\n\n  " HEX1 "\t\r\n" HEX2, &ring) == 0 && ring.count == 2, "comments, blanks, no newline at the end");
	ok(ring.key[0][31] == 1 && ring.key[1][31] == 0x23 && !ring.plain, "and the keys in their order");
	key_id(ring.key[0], id);
	is(id, "c035f853", "the short id is that of b2sum -l 128");
	keyring_wipe(&ring);
	ok(ring.count == 0 && ring.key[0][0] == 0, "wiped is gone");
	ok(parse(HEX1 "\n" HEX1 "\n", &ring) == 0 && ring.count == 1, "a key that stands there twice is one key");
	ok(parse("# nothing\n", &ring) == -1 && errno == EINVAL && ring.count == 0, "no key is an error");
	is(key_error(), "k: holds no key: copy the master's key file there, or make one with: gproc keygen", "that says what to do");
	ok(parse(HEX2 "\nsecret\n", &ring) == -1 && ring.key[0][0] == 0, "a bad line spoils and wipes all");
	is(key_error(), "k:2: a key is 64 hex digits; this line has 6 characters", "the line is named, and not quoted");
	ok(parse("g" HEX1 "\n", &ring) == -1 && parse("x123456789" HEX1, &ring) == -1, "too long");
	ok(parse(HEX1 "\ng101010101010101010101010101010101010101010101010101010101010101\n", &ring) == -1, "no hex digit");
	is(key_error(), "k:2: a key is 64 hex digits; this line has other characters", "is told");
	for (n = 0; n < 9; n++)
		sprintf(many + 65 * n, "%063d%zu\n", 0, n);
	ok(parse(many, &ring) == -1 && strstr(key_error(), "k:9: more than 8 keys"), "a ninth key is an error");
	many[8 * 65] = '\0';
	ok(parse(many, &ring) == 0 && ring.count == 8, "eight are not");
	ok(key_parse("k", HEX1 "\0" HEX1, 129, &ring) == -1, "a NUL within is an error");
}

static char dir[64];

static const char *
in_dir(const char *name)
{
	static char path[128];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return path;
}

static void
put_file(const char *name, const char *text, mode_t mode)
{
	int fd = open(in_dir(name), O_WRONLY | O_CREAT | O_TRUNC, 0600);

	ok(fd >= 0 && write_full(fd, text, strlen(text)) == 0 && fchmod(fd, mode) == 0 && close(fd) == 0, "wrote %s", name);
}

static bool
refused(const char *name, int code, const char *part)
{
	struct keyring ring;
	int bad = key_load(in_dir(name), &ring), got = errno;

	if (bad == -1 && got == code && strstr(key_error(), part))
		return true;
	printf("# %d, %s: %s\n", bad, strerror(got), key_error());
	return false;
}

static void
loading(void)
{
	struct keyring ring;
	char big[20000];

	put_file("key", HEX1 "\n", 0600);
	ok(key_load(in_dir("key"), &ring) == 0 && ring.count == 1, "a key file of our own");
	put_file("key", HEX1 "\n", 0400);
	ok(key_load(in_dir("key"), &ring) == 0, "that nobody can write");
	ok(symlink("key", in_dir("link")) == 0 && key_load(in_dir("link"), &ring) == 0, "by way of a symbolic link");
	put_file("open", HEX1 "\n", 0604);
	ok(refused("open", EPERM, "(mode 0604): chmod 600 "), "a file that others can read is refused");
	put_file("open", HEX1 "\n", 0620);
	ok(refused("open", EPERM, "(mode 0620)"), "and one that the group can write");
	ok(refused("none", ENOENT, "copy the master's key file to it"), "no file: says what to do");
	ok(refused(".", EINVAL, "is not a regular file"), "a directory is no file");
	ok(mkfifo(in_dir("pipe"), 0600) == 0 && refused("pipe", EINVAL, "is not a regular file"), "nor is a pipe, and nobody waits for it");
	memset(big, '\n', sizeof(big));
	big[sizeof(big) - 1] = '\0';
	put_file("big", big, 0600);
	ok(refused("big", EINVAL, "too long"), "a file that is far too long");
	if (geteuid() != 0 || chown(in_dir("key"), 12345, 0) != 0)
		skip("another's file", "this test is not run by root");
	else
		ok(refused("key", EPERM, "belongs to user 12345"), "another's file is refused, even by root");
}

static void
making(void)
{
	struct keyring made, loaded;
	struct stat st;
	mode_t old = umask(0);

	ok(key_make(in_dir("a/b/key"), &made) == 0 && made.count == 1 && !made.plain, "a key is made, with its directories");
	ok(stat(in_dir("a/b/key"), &st) == 0 && (st.st_mode & 07777) == 0600 && st.st_nlink == 1, "for its owner alone, by one name");
	ok(stat(in_dir("a/b"), &st) == 0 && (st.st_mode & 07777) == (geteuid() == 0 ? 0755 : 0700),
		"they are root's for all to search, as /etc/gproc holds more than the key; another user's for that user alone");
	ok(key_load(in_dir("a/b/key"), &loaded) == 0 && memcmp(&made, &loaded, sizeof(made)) == 0, "what is loaded is what was made");
	ok(key_make(in_dir("a/b/key"), &loaded) == -1 && errno == EEXIST, "a second is not made over it");
	ok(strstr(key_error(), "a/b/key: is there already") != NULL, "which is said");
	ok(key_load(in_dir("a/b/key"), &loaded) == 0 && memcmp(&made, &loaded, sizeof(made)) == 0, "and it is as it was");
	ok(unlink(in_dir("a/b/key")) == 0 && rmdir(in_dir("a/b")) == 0 && rmdir(in_dir("a")) == 0, "and nothing else was left");
	umask(0277);
	ok(key_make(in_dir("tight"), &made) == 0 && stat(in_dir("tight"), &st) == 0 && (st.st_mode & 07777) == 0600, "whatever the umask");
	umask(old);
	ok(key_make(in_dir("tight/key"), &made) == -1 && errno == ENOTDIR, "under a file there is no room for a key");
	ok(key_make("/proc/gproc/key", &made) == -1 && strstr(key_error(), "/proc/gproc: can't make the directory"), "nor in /proc");
}

/* ---- the key as an archive ---- */

/* The number in the given field of an entry's header: eight hex digits, after the six of the magic. */
static unsigned
field(const uint8_t *entry, size_t number)
{
	char text[9] = "";

	memcpy(text, entry + 6 + 8 * number, 8);
	return (unsigned)strtoul(text, NULL, 16);
}

/* One entry as the kernel reads it; where the next begins. */
static size_t
check_entry(const struct buf *b, size_t at, const char *name, unsigned mode, const char *data)
{
	const uint8_t *entry = b->data + at;
	size_t size = strlen(data), name_len = strlen(name) + 1, body = (at + 110 + name_len + 3) & ~(size_t)3;

	ok(at % 4 == 0 && memcmp(entry, "070701", 6) == 0, "%s: an entry begins at a multiple of four", name);
	ok(field(entry, 1) == mode && field(entry, 6) == size && field(entry, 11) == name_len, "with its mode and lengths");
	ok(field(entry, 2) == 0 && field(entry, 3) == 0 && field(entry, 4) == 1, "root's, one link");
	ok(strcmp((const char *)entry + 110, name) == 0 && memcmp(b->data + body, data, size) == 0, "its name and contents");
	return (body + size + 3) & ~(size_t)3;
}

static void
archive(void)
{
	struct keyring ring = {.count = 1};
	struct buf b = {0};
	size_t at = 0;

	memset(ring.key[0], 1, KEY_LEN);
	key_cpio(&ring, &b);
	ok(b.len % 512 == 0, "the archive is padded to 512 bytes");
	at = check_entry(&b, at, "etc", S_IFDIR | 0755, "");
	at = check_entry(&b, at, "etc/gproc", S_IFDIR | 0755, "");
	at = check_entry(&b, at, "etc/gproc/key", S_IFREG | 0600, HEX1 "\n");
	at = check_entry(&b, at, "TRAILER!!!", 0, "");
	ok(at <= b.len && b.len - at < 512, "and nothing behind it");
	buf_free(&b);
}

static void
clean_up(void)
{
	static const char *const names[] = {"key", "link", "open", "pipe", "big", "tight"};
	size_t n;

	for (n = 0; n < COUNT(names); n++)
		(void)unlink(in_dir(names[n]));
	ok(rmdir(dir) == 0, "nothing was left behind");
}

int
main(void)
{
	snprintf(dir, sizeof(dir), "%s/gproc-key-XXXXXX", getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp");
	parsing();
	if (!ok(mkdtemp(dir) != NULL, "a directory to work in"))
		return 1;
	loading();
	making();
	archive();
	clean_up();
	return done();
}
