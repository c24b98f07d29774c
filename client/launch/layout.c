/* SPDX-License-Identifier: Apache-2.0 */
#include "client/launch/layout.h"

#include <fcntl.h>
#include <grp.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"

/* Creates the directory and its ancestors; what exists is left as it is. */
static int make_ancestors(const char *directory)
{
	char path[PATH_MAX];
	size_t len = strlen(directory);

	if (len >= sizeof(path))
		return -ENAMETOOLONG;
	memcpy(path, directory, len + 1);
	for (char *at = path + 1; *at; at++) {
		if (*at != '/')
			continue;
		*at = '\0';
		if (mkdir(path, 0755) < 0 && errno != EEXIST)
			return -errno;
		*at = '/';
	}
	return mkdir(path, 0700) < 0 && errno != EEXIST ? -errno : 0;
}

static int open_root(const char *directory, struct layout *l, struct complaint *why)
{
	struct stat st;
	int r;

	r = make_ancestors(directory);
	if (r < 0)
		return complain_errno(why, r, "cannot create the data directory %s", directory);
	if (!realpath(directory, l->root))
		return complain_errno(why, -errno, "cannot resolve %s", directory);
	l->root_fd = open(l->root, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (l->root_fd < 0 || fstat(l->root_fd, &st) < 0)
		return complain_errno(why, -errno, "cannot open the data directory %s", l->root);
	if (st.st_uid == geteuid())
		return 0;
	complain(why, -EPERM, "the data directory %s belongs to user %u, and you are user %u",
		 l->root, st.st_uid, geteuid());
	complaint_hint(why,
		       "whoever owns it could exchange what is in it: start as that user, or name "
		       "another --data");
	return -EPERM;
}

static void complain_locked(const struct layout *l, struct complaint *why)
{
	char pid[16] = "";

	if (pread(l->lock_fd, pid, sizeof(pid) - 1, 0) > 0)
		pid[strcspn(pid, "\n")] = '\0';
	complain(why, -EBUSY, "coffer already runs on %s (pid %s)", l->root,
		 pid[0] ? pid : "unknown");
	complaint_hint(why, "stop that one first, or name another --data and --s3");
}

static int lock_root(struct layout *l, struct complaint *why)
{
	l->lock_fd = openat(l->root_fd, LAYOUT_LOCK, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (l->lock_fd < 0)
		return complain_errno(why, -errno, "cannot open %s/" LAYOUT_LOCK, l->root);
	if (flock(l->lock_fd, LOCK_EX | LOCK_NB) < 0) {
		if (errno != EWOULDBLOCK)
			return complain_errno(why, -errno, "cannot lock %s/" LAYOUT_LOCK, l->root);
		complain_locked(l, why);
		return -EBUSY;
	}
	/* The pid is only for the sentence above; the lock is what counts. */
	if (ftruncate(l->lock_fd, 0) < 0 || dprintf(l->lock_fd, "%d\n", getpid()) < 0)
		return complain_errno(why, -errno, "cannot write %s/" LAYOUT_LOCK, l->root);
	return 0;
}

/*
 * Whether the directory was made for Coffer. One that holds other things keeps its mode: somebody
 * may have named his home by mistake.
 */
static int is_ours(const struct layout *l, bool *ret)
{
	_cleanup_(fd_closedirp) DIR *d = NULL;
	const struct dirent *entry;
	bool has_lock = false;
	int n = 0, r;

	r = fd_open_directory(l->root_fd, ".", &d);
	if (r < 0)
		return r;
	while ((entry = readdir(d))) {
		has_lock = has_lock || strcmp(entry->d_name, LAYOUT_LOCK) == 0;
		n++;
	}
	*ret = has_lock || n == 2; /* "." and ".." */
	return 0;
}

int layout_open(const char *directory, struct layout *ret, struct complaint *why)
{
	struct layout l = LAYOUT_NONE;
	bool ours = false;
	int r;

	r = open_root(directory, &l, why);
	if (r < 0)
		goto fail;
	r = is_ours(&l, &ours);
	if (r < 0) {
		complain_errno(why, r, "cannot read the data directory %s", l.root);
		goto fail;
	}
	r = lock_root(&l, why);
	if (r < 0)
		goto fail;
	if (ours && fchmod(l.root_fd, geteuid() == 0 ? 0711 : 0700) < 0) {
		r = complain_errno(why, -errno, "cannot set the mode of %s", l.root);
		goto fail;
	}
	*ret = l;
	return 0;
fail:
	layout_close(&l);
	return r;
}

void layout_close(struct layout *l)
{
	l->lock_fd = fd_close(l->lock_fd);
	l->root_fd = fd_close(l->root_fd);
}

struct directory {
	const char *name;
	mode_t mode;
	uid_t uid;
	gid_t gid;
};

/*
 * Mode before owner when it is new, and through a descriptor: between these calls nobody but the
 * owner of the root can exchange it.
 */
static int prepare_directory(const struct layout *l, const struct directory *d)
{
	_cleanup_(fd_closep) int fd = -1;
	struct stat st;

	if (mkdirat(l->root_fd, d->name, 0700) < 0 && errno != EEXIST)
		return -errno;
	fd = openat(l->root_fd, d->name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	if ((st.st_uid != d->uid || st.st_gid != d->gid) && fchown(fd, d->uid, d->gid) < 0)
		return -errno;
	if ((st.st_mode & 07777) != d->mode && fchmod(fd, d->mode) < 0)
		return -errno;
	return 0;
}

int layout_prepare(const struct layout *l, const struct ids *ids, struct complaint *why)
{
	const struct directory directories[] = {
		{ "credentials", 0700, geteuid(), getegid() },
		{ "auth", 0700, ids->authd.uid, ids->authd.gid },
		{ "data", 0700, ids->stored.uid, ids->stored.gid },
		{ "run", 0711, geteuid(), ids->frontend.gid },
	};

	for (size_t i = 0; i < ARRAY_SIZE(directories); i++) {
		int r = prepare_directory(l, &directories[i]);

		if (r < 0)
			return complain_errno(why, r, "cannot prepare %s/%s", l->root,
					      directories[i].name);
	}
	return 0;
}

/* The length of the shortest prefix of `path` that may not be walked through, or 0. */
static size_t find_barrier(const char *path)
{
	char prefix[PATH_MAX];

	for (size_t len = 1; path[len - 1]; len++) {
		if (len > 1 && path[len] != '/' && path[len] != '\0')
			continue;
		memcpy(prefix, path, len);
		prefix[len] = '\0';
		if (access(prefix, X_OK) < 0)
			return len;
		if (!path[len])
			break;
	}
	return 0;
}

/* In a child, because only the kernel knows all that decides (modes, ACLs, mounts, labels). */
static void report_barrier(const struct layout *l, const struct id *id, int to)
{
	size_t barrier;

	if (setgroups(0, NULL) < 0 || setresgid(id->gid, id->gid, id->gid) < 0 ||
	    setresuid(id->uid, id->uid, id->uid) < 0)
		_exit(1);
	barrier = find_barrier(l->root);
	_exit(write(to, &barrier, sizeof(barrier)) == sizeof(barrier) ? 0 : 1);
}

static int probe(const struct layout *l, const struct id *id, size_t *ret)
{
	size_t barrier;
	int pipe_fds[2], status, r = 0;
	pid_t pid;

	if (pipe2(pipe_fds, O_CLOEXEC) < 0)
		return -errno;
	pid = fork();
	if (pid == 0)
		report_barrier(l, id, pipe_fds[1]);
	fd_close(pipe_fds[1]);
	if (pid < 0 || read(pipe_fds[0], &barrier, sizeof(barrier)) != sizeof(barrier))
		r = -EPERM;
	fd_close(pipe_fds[0]);
	if (pid > 0)
		waitpid(pid, &status, 0);
	if (r == 0)
		*ret = barrier;
	return r;
}

int layout_check_way(const struct layout *l, const struct ids *ids, struct complaint *why)
{
	const struct id *all[] = { &ids->frontend, &ids->authd, &ids->stored };

	for (size_t i = 0; ids->separate && i < ARRAY_SIZE(all); i++) {
		size_t barrier = 0;
		int r = probe(l, all[i], &barrier);

		if (r < 0)
			return complain_errno(why, r, "cannot become user %u", all[i]->uid);
		if (!barrier)
			continue;
		complain(why, -EACCES, "%.*s bars user %u from the data directory %s", (int)barrier,
			 l->root, all[i]->uid, l->root);
		complaint_hint(why,
			       "the three daemons run as users of their own: `chmod o+x %.*s` lets "
			       "them walk through, or name another --data",
			       (int)barrier, l->root);
		return -EACCES;
	}
	return 0;
}

char *layout_path(const struct layout *l, const char *name)
{
	char *path;

	return asprintf(&path, "%s/%s", l->root, name) < 0 ? NULL : path;
}
