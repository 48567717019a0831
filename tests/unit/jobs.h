/* For tests of the worker: manifests of this machine's own files, jobs run to their end. Included by one file. */
#ifndef JOBS_H
#define JOBS_H

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "unit/machine.h"
#include "unit/manifests.h"
#include "run/contents.h"
#include "run/worker.h"

__attribute__((unused)) static void
give_up(void)
{
	fflush(stdout);
	_exit(1); /* not exit: the leak check needs a /proc */
}

/* Contents into the store, pinned. */
__attribute__((unused)) static void
store_bytes(struct store *s, const void *data, size_t len, struct entry *e)
{
	struct blob_id id;
	struct blob *b;
	uint64_t at = 0;

	blob_of_bytes(data, len, &id);
	b = store_want(s, &(struct object_name){id.digest, 0});
	blob_pin(b);
	if (!blob_whole(b)) {
		size_t list = (size_t)list_length(len);

		if (blob_add(b, len, 0, id.list, list) < 0)
			printf("# %s\n", store_error());
		while (!blob_whole(b) && at < len) {
			size_t part = len - at < PIECE_SIZE ? len - (size_t)at : PIECE_SIZE;

			if (blob_add(b, len, list + at, (const uint8_t *)data + at, part) < 0) {
				printf("# %s\n", store_error());
				break;
			}
			at += part;
		}
	}
	e->size = len;
	e->digest = id.digest;
	blob_id_free(&id);
}

__attribute__((unused)) static void
ship_text(struct store *s, struct manifest *m, const char *path, const char *text, unsigned flags, unsigned mode)
{
	struct entry *e = manifest_add(m, path, ENTRY_FILE);

	e->flags = flags;
	e->mode = mode;
	e->mtime = 1000000000;
	store_bytes(s, text, strlen(text), e);
}

__attribute__((unused)) static void
ship_dir(struct manifest *m, const char *path, unsigned flags)
{
	size_t i;
	struct entry *e = NULL;

	for (i = 0; i < m->count; i++)
		if (strcmp(m->at[i].path, path) == 0)
			e = &m->at[i];
	if (!e)
		e = manifest_add(m, path, ENTRY_DIR);
	e->mode = 0755;
	e->flags |= flags;
}

__attribute__((unused)) static void
ship_link(struct manifest *m, const char *path, const char *target)
{
	size_t i;

	for (i = 0; i < m->count; i++)
		if (strcmp(m->at[i].path, path) == 0)
			return;
	manifest_add(m, path, ENTRY_LINK)->target = xstrdup(target);
}

/* The machine's root, however bare the node is that we have become. */
static int host = -1;

__attribute__((unused)) static char *
host_file(const char *path, size_t *len)
{
	int fd = openat(host, path + 1, O_RDONLY | O_CLOEXEC);
	struct stat st;
	char *data;

	if (fd < 0 || fstat(fd, &st) < 0) {
		printf("# open %s: %s\n", path, strerror(errno));
		give_up();
	}
	*len = (size_t)st.st_size;
	data = xmalloc(*len + 1);
	if (read_full(fd, data, *len) != st.st_size)
		give_up();
	data[*len] = '\0';
	close(fd);
	return data;
}

/* A file of this machine as `inside` of the manifest, whose directories are added. */
__attribute__((unused)) static void
ship_as(struct store *s, struct manifest *m, const char *path, const char *inside, unsigned flags)
{
	struct entry *e;
	struct stat st;
	size_t len, i;
	char *data;

	for (i = 1; inside[i]; i++)
		if (inside[i] == '/') {
			char *dir = xstrndup(inside, i);

			ship_dir(m, dir, 0);
			free(dir);
		}
	for (i = 0; i < m->count; i++)
		if (strcmp(m->at[i].path, inside) == 0) {
			m->at[i].flags |= flags;
			return;
		}
	data = host_file(path, &len);
	(void)fstatat(host, path + 1, &st, 0);
	e = manifest_add(m, inside, ENTRY_FILE);
	e->flags = flags;
	e->mode = st.st_mode & 0777;
	e->mtime = (uint64_t)st.st_mtim.tv_sec;
	store_bytes(s, data, len, e);
	free(data);
}

/* A file of this machine under its own path, with the links on the way. */
__attribute__((unused)) static void
ship(struct store *s, struct manifest *m, const char *path, unsigned flags)
{
	char done[4096] = "", target[2048];
	char *todo = xstrdup(path), *next;
	const char *rest = todo + 1;
	struct stat st;

	while (*rest) {
		size_t len = strcspn(rest, "/"), have = strlen(done);

		if (len == 2 && strncmp(rest, "..", 2) == 0) {
			*strrchr(done, '/') = '\0';
			rest += len + (rest[len] == '/');
			continue;
		}
		snprintf(done + have, sizeof(done) - have, "/%.*s", (int)len, rest);
		rest += len + (rest[len] == '/');
		if (fstatat(host, done + 1, &st, AT_SYMLINK_NOFOLLOW) < 0) {
			printf("# %s: %s\n", done, strerror(errno));
			give_up();
		}
		if (S_ISLNK(st.st_mode)) {
			ssize_t n = readlinkat(host, done + 1, target, sizeof(target) - 1);

			target[n] = '\0';
			ship_link(m, done + 1, target);
			*strrchr(done, '/') = '\0';
			if (target[0] == '/')
				done[0] = '\0';
			next = xasprintf("%s/%s", target + (target[0] == '/'), rest);
			free(todo);
			todo = next;
			rest = todo;
		} else if (S_ISDIR(st.st_mode)) {
			ship_dir(m, done + 1, 0);
		}
	}
	if (S_ISREG(st.st_mode))
		ship_as(s, m, done, done + 1, flags);
	free(todo);
}

/* The libraries of a program, as ldd lists them; while the machine's own root is still ours. */
__attribute__((unused)) static struct strings
libraries_of(const char *path)
{
	char *command = xasprintf("ldd %s 2>/dev/null", path), line[PATH_MAX];
	FILE *ldd = popen(command, "r");
	struct strings list = {0};

	while (fgets(line, sizeof(line), ldd)) {
		char *at = strchr(line, '/'), *end;

		if (!at || !(end = strchr(at, ' ')))
			continue;
		*end = '\0';
		strings_add(&list, at);
	}
	pclose(ldd);
	free(command);
	return list;
}

/* A program with its libraries; main: the one to run. */
__attribute__((unused)) static void
ship_program(struct store *s, struct manifest *m, const char *path, const struct strings *libraries, bool main)
{
	size_t i;

	ship(s, m, path, ENTRY_PROGRAM);
	for (i = 0; i < libraries->count; i++) {
		ship(s, m, libraries->at[i], ENTRY_LIBRARY);
		if (main && strstr(libraries->at[i], "/ld-"))
			m->interpreter = xstrdup(libraries->at[i]);
		else if (main)
			m->library_path = xstrndup(libraries->at[i], (size_t)(strrchr(libraries->at[i], '/') - libraries->at[i]));
	}
	if (main)
		m->program = xstrdup(path);
}

/* Everything else a manifest must have; its digest is that of its encoding. */
__attribute__((unused)) static struct digest
seal_manifest(struct manifest *m)
{
	struct buf text = {0};
	struct blob_id id;
	struct digest d;

	if (!m->program)
		m->program = xstrdup("");
	if (!m->interpreter)
		m->interpreter = xstrdup("");
	if (!m->machine)
		m->machine = xstrdup("");
	if (!m->library_path)
		m->library_path = xstrdup("");
	sort_manifest(m);
	manifest_encode(m, &text);
	blob_of_bytes(text.data, text.len, &id);
	d = id.digest;
	blob_id_free(&id);
	buf_free(&text);
	return d;
}

/* Where roots of nodes are put together, in namespaces of their own. */
static char test_root[64];

/* Runs a test in a process of its own, for it changes what this process is; its facts count here. */
__attribute__((unused)) static void
apart(void (*test)(void))
{
	int *counts = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0), status;
	pid_t pid;

	snprintf(test_root, sizeof(test_root), "/tmp/gproc-test-root-%d", getpid());
	(void)mkdir(test_root, 0755);
	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		test();
		counts[0] = tap_count;
		counts[1] = tap_failed;
		fflush(stdout);
		_exit(0);
	}
	waitpid(pid, &status, 0);
	if (status != 0) {
		printf("not ok %d - a test process ended with %x\n", ++tap_count, (unsigned)status);
		tap_failed++;
	} else {
		tap_count = counts[0];
		tap_failed = counts[1];
	}
	munmap(counts, 4096);
	(void)rmdir(test_root);
}

/* A mount namespace in which a new tmpfs is about to be the root; returns its path, to be filled. */
__attribute__((unused)) static char *
new_root(void)
{
	char *path = xstrdup(test_root);

	if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
		mount("node", path, "tmpfs", 0, "mode=755") < 0) {
		printf("# new root: %s\n", strerror(errno));
		give_up();
	}
	host = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	(void)open(
		"/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC); /* or what is mounted below it would end when this process goes on to another */
	return path;
}

/* As an initramfs hands over: the root is moved over the old one. */
__attribute__((unused)) static void
enter_root(char *path)
{
	if (chdir(path) < 0 || mount(path, "/", NULL, MS_MOVE, NULL) < 0 || chroot(".") < 0 || chdir("/") < 0) {
		printf("# enter root: %s\n", strerror(errno));
		give_up();
	}
	free(path);
}

/* Makes directories, their names parted by blanks, each after the one that it lies in. */
__attribute__((unused)) static void
make_in(const char *root, const char *dirs)
{
	char *names = xstrdup(dirs), *rest = NULL, *dir;

	for (dir = strtok_r(names, " ", &rest); dir; dir = strtok_r(NULL, " ", &rest)) {
		char *path = xasprintf("%s/%s", root, dir);

		if (mkdir(path, 0755) < 0)
			printf("# mkdir %s: %s\n", path, strerror(errno));
		free(path);
	}
	free(names);
}

/* A copy of a file of this machine in the root to be. */
__attribute__((unused)) static void
copy_in(const char *root, const char *from, const char *to, unsigned mode)
{
	char *path = xasprintf("%s/%s", root, to), *data;
	size_t len;
	int fd;

	data = host_file(from, &len);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	if (fd < 0 || write_full(fd, data, len) < 0 || fchmod(fd, mode) < 0)
		printf("# copy %s: %s\n", path, strerror(errno));
	close(fd);
	free(data);
	free(path);
}

struct result {
	struct buf out, err;
	bool started, failed, exited, gone;
	int status;
	char text[512];
};

/* Reports and output of one job until `until` says that it is enough; false when that takes for ever. */
__attribute__((unused)) static bool
follow(struct worker *w, struct proc *p, struct result *r, bool (*until)(const struct result *))
{
	uint64_t end = now_ms() + limit_ms(60);

	while (!until(r) && now_ms() < end) {
		struct pollfd fds[3] = {
			{.fd = proc_control(p), .events = POLLIN},
			{.fd = proc_output(p, 1), .events = POLLIN},
			{.fd = proc_output(p, 2), .events = POLLIN},
		};
		struct proc_report report;
		int i, status;
		pid_t pid;

		(void)poll(fds, 3, 5);
		while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
			worker_reaped(w, pid, status);
		for (i = 1; i < 3; i++) {
			struct buf *b = i == 1 ? &r->out : &r->err;
			ssize_t n = -1;

			while (fds[i].fd >= 0 && (n = read(fds[i].fd, buf_grow(b, 65536), 65536)) > 0)
				b->len += (size_t)n;
			if (fds[i].fd >= 0 && n == 0)
				proc_close_output(p, i);
		}
		while ((report = proc_next(p)).event != PROC_NOTHING) {
			r->started |= report.event == PROC_STARTED;
			r->failed |= report.event == PROC_FAILED;
			r->exited |= report.event == PROC_EXITED;
			r->gone |= report.event == PROC_GONE;
			if (report.event == PROC_FAILED || report.event == PROC_EXITED)
				r->status = report.status;
			if (report.event == PROC_FAILED)
				snprintf(r->text, sizeof(r->text), "%s", report.text);
		}
	}
	put_u8(&r->out, 0);
	put_u8(&r->err, 0);
	r->out.len--;
	r->err.len--;
	return until(r);
}

__attribute__((unused)) static bool
is_gone(const struct result *r)
{
	return r->gone;
}

__attribute__((unused)) static bool
has_started(const struct result *r)
{
	return r->started || r->gone;
}

__attribute__((unused)) static bool
has_written(const struct result *r)
{
	return r->out.len > 0 || r->gone;
}

/* Runs one job from start to end. */
__attribute__((unused)) static struct result
run(struct worker *w, const struct task *task)
{
	struct result r = {0};
	struct proc *p = worker_start(w, task);

	if (!p) {
		printf("# %s\n", worker_error());
		return r;
	}
	(void)follow(w, p, &r, is_gone);
	proc_free(w, p);
	return r;
}

__attribute__((unused)) static void
result_free(struct result *r)
{
	buf_free(&r->out);
	buf_free(&r->err);
	*r = (struct result){0};
}

static char *no_env[] = {NULL};
/* A job with the usual switches. */
__attribute__((unused)) static struct task
work_of(const struct manifest *m, const struct digest *d, char *const *argv)
{
	static struct object_name name;

	if (d)
		name = (struct object_name){*d, 0};
	return (struct task){.wants_start = true,
		.job = 0x1234,
		.manifest = m,
		.manifest_name = d ? &name : NULL,
		.argv = argv,
		.env = no_env,
		.cwd = "/",
		.glob = true,
		.view = VIEW_MERGED};
}
#endif
