/* What the making of a view stands on: whose rights count, the descriptors, the job's own directories in the store.
 * Must never know what is merged where. */
#include "run/stage.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/sys.h"

#define ACL "system.posix_acl_access"

static char error_text[512];

const char *
stage_error(void)
{
	return error_text;
}

int
stage_fail(const char *what, const char *path)
{
	set_error(error_text, sizeof(error_text), "can't %s %.300s: %s", what, path,
		errno == ENOSPC ? "no room (or too many mounts)" : strerror(errno));
	return -1;
}

static int
go_home(const struct stage *s)
{
	return fchdir(s->plan->proc >= 0 ? s->plan->proc : s->store) < 0 ? stage_fail("enter", "/proc") : 0;
}

int
stage_begin(struct stage *s, const struct view_plan *plan)
{
	*s = (struct stage){.plan = plan};
	s->store = openat(AT_FDCWD, ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	s->root = openat(AT_FDCWD, "/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	s->tree = plan->tree ? openat(s->store, plan->tree, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC) : -1;
	if (s->store < 0 || s->root < 0 || (plan->tree && s->tree < 0))
		return stage_fail("open", "the root");
	if (plan->act && set_groups(plan->groups, plan->group_count) < 0)
		return stage_fail("take the groups of", "the user");
	return go_home(s);
}

int
stage_enter(struct stage *s, int root)
{
	if (fchdir(root) < 0 || chroot(".") < 0)
		return stage_fail("enter", "the job's root");
	close_fd(&s->root);
	s->root = openat(AT_FDCWD, "/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	return s->root < 0 ? stage_fail("enter", "the job's root") : go_home(s);
}

int
stage_end(struct stage *s)
{
	int bad = 0;

	stage_as_self(s);
	if (s->store >= 0 && fchdir(s->store) < 0)
		bad = stage_fail("enter", "the store");
	close_fd(&s->store);
	close_fd(&s->tree);
	close_fd(&s->root);
	strings_free(&s->fresh);
	strings_free(&s->links);
	return bad;
}

void
stage_as_user(struct stage *s)
{
	const struct view_plan *p = s->plan;

	if (p->act && !s->as_user && act_as(p->uid, p->gid) < 0)
		die(255, "can't act as user %u: %s", (unsigned)p->uid, strerror(errno));
	s->as_user = p->act;
}

void
stage_as_self(struct stage *s)
{
	if (s->as_user && act_as_self() < 0)
		die(255, "can't act as root again: %s", strerror(errno));
	s->as_user = false;
}

char *
stage_dir(struct stage *s)
{
	char *path = xasprintf("%s/m%u", s->plan->job, s->number++);

	if (mkdirat(s->store, path, 0755) == 0)
		return path;
	(void)stage_fail("make", path);
	free(path);
	return NULL;
}

/* Through /proc, for a descriptor that needs no right to read has no other way. */
static void
read_acl(const struct stage *s, int dir, struct face *face)
{
	char path[32];
	ssize_t len;

	(void)snprintf(path, sizeof(path), "self/fd/%d", dir);
	if (s->plan->proc < 0 || (len = getxattr(path, ACL, NULL, 0)) <= 0)
		return;
	face->acl = xmalloc((size_t)len);
	face->acl_len = (size_t)len;
	if (getxattr(path, ACL, face->acl, face->acl_len) != len)
		face->mode &= ~(mode_t)077;
}

bool
stage_face(const struct stage *s, int dir, const struct stat *st, struct face *face)
{
	*face = (struct face){.uid = st->st_uid, .gid = st->st_gid, .mode = st->st_mode & 07777};
	read_acl(s, dir, face);
	return face->acl || face->mode != 0755 || (self_is_root() && (face->uid != 0 || face->gid != 0));
}

/* Without root nothing can be given away: what the node denies is denied by the node's own directory beneath. */
int
stage_put_face(int dir, const struct face *face)
{
	if (self_is_root() && fchown(dir, face->uid, face->gid) < 0)
		return -1;
	if (fchmod(dir, face->mode) < 0)
		return -1;
	/* An access list that can't be had here: its mask stands where the group's rights do, so nobody but the owner is let in. */
	if (face->acl && fsetxattr(dir, ACL, face->acl, face->acl_len, 0) < 0)
		return fchmod(dir, face->mode & ~(mode_t)077);
	return 0;
}

int
stage_bind(int from, const char *path, bool recursive, uint64_t attributes, int dir, const char *to)
{
	int mount = mount_clone(from, path, recursive), bad = 0;

	if (mount < 0)
		return stage_fail("clone", *path ? path : to);
	if ((attributes && mount_set(mount, attributes, 0) < 0) || mount_attach(mount, dir, to) < 0)
		bad = stage_fail("mount over", *to ? to : path);
	close(mount);
	return bad;
}
