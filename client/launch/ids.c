/* SPDX-License-Identifier: Apache-2.0 */
#include "client/launch/ids.h"

#include <dirent.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"

void id_set_add(struct id_set *set, uint64_t id)
{
	if (id >= IDS_DYNAMIC_MIN && id <= IDS_DYNAMIC_MAX)
		set->bits[(id - IDS_DYNAMIC_MIN) / 64] |= UINT64_C(1)
							  << (id - IDS_DYNAMIC_MIN) % 64;
}

bool id_set_has(const struct id_set *set, uint64_t id)
{
	return id >= IDS_DYNAMIC_MIN && id <= IDS_DYNAMIC_MAX &&
	       set->bits[(id - IDS_DYNAMIC_MIN) / 64] >> (id - IDS_DYNAMIC_MIN) % 64 & 1;
}

static bool is_mapped(const char *map, uint64_t id)
{
	unsigned long long first, count;
	int n;

	for (; sscanf(map, "%llu %*u %llu%n", &first, &count, &n) == 2; map += n)
		if (id >= first && id - first < count)
			return true;
	return false;
}

void id_set_add_unmapped(struct id_set *set, const char *map)
{
	for (uint64_t id = IDS_DYNAMIC_MIN; id <= IDS_DYNAMIC_MAX; id++)
		if (!is_mapped(map, id))
			id_set_add(set, id);
}

/* Adds every number of a line such as "Uid:\t1000\t1000\t1000\t1000". */
static void add_numbers(struct id_set *set, const char *line)
{
	unsigned long long id;
	int n;

	for (; sscanf(line, "%llu%n", &id, &n) == 1; line += n)
		id_set_add(set, id);
}

/* The owner of /proc/PID is root for a process that is not dumpable, so its status is read. */
static void add_process(struct id_set *set, int proc_fd, const char *pid)
{
	_cleanup_(fd_fclosep) FILE *status = NULL;
	char path[64], line[1024];
	int fd;

	snprintf(path, sizeof(path), "%.32s/status", pid);
	fd = openat(proc_fd, path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return;
	status = fdopen(fd, "r");
	if (!status) {
		fd_close(fd);
		return;
	}
	while (fgets(line, sizeof(line), status))
		if (strncmp(line, "Uid:", 4) == 0 || strncmp(line, "Gid:", 4) == 0)
			add_numbers(set, line + 4);
}

int id_set_add_processes(struct id_set *set)
{
	_cleanup_(fd_closedirp) DIR *proc = opendir("/proc");
	const struct dirent *entry;

	if (!proc)
		return -errno;
	while ((entry = readdir(proc)))
		if (entry->d_name[0] >= '1' && entry->d_name[0] <= '9')
			add_process(set, dirfd(proc), entry->d_name);
	return 0;
}

static int add_unmapped_of_file(struct id_set *set, const char *path)
{
	_cleanup_(fd_closep) int fd = open(path, O_RDONLY | O_CLOEXEC);
	char map[8192];
	ssize_t n;

	if (fd < 0)
		return -errno;
	n = read(fd, map, sizeof(map) - 1);
	if (n < 0)
		return -errno;
	map[n] = '\0';
	id_set_add_unmapped(set, map);
	return 0;
}

/* Users of systemd's that exist only while their service runs, on hosts without nss-systemd. */
static bool is_dynamic_user(uint64_t id)
{
	char path[64];

	snprintf(path, sizeof(path), "/run/systemd/dynamic-uid/%llu", (unsigned long long)id);
	return access(path, F_OK) == 0;
}

static bool has_account(uint64_t id)
{
	return getpwuid((uid_t)id) || getgrgid((gid_t)id) || is_dynamic_user(id);
}

/* The walk begins anywhere, so that two data directories of a host hardly ever choose alike. */
static int choose_free(struct id_set *used, struct id *ret, struct complaint *why)
{
	static const uint32_t n = IDS_DYNAMIC_MAX - IDS_DYNAMIC_MIN + 1;
	uint32_t start;

	if (getrandom(&start, sizeof(start), 0) != sizeof(start))
		return complain_errno(why, -errno, "cannot get random bytes");
	for (uint32_t i = 0; i < n; i++) {
		uint32_t id = IDS_DYNAMIC_MIN + (start % n + i) % n;

		if (id_set_has(used, id) || has_account(id))
			continue;
		id_set_add(used, id);
		*ret = (struct id){ id, id };
		return 0;
	}
	complain(why, -EBUSY, "no user id between %d and %d is free here", IDS_DYNAMIC_MIN,
		 IDS_DYNAMIC_MAX);
	complaint_hint(why, "create the users coffer-frontend, coffer-authd and coffer-stored, or "
			    "start without root");
	return -EBUSY;
}

struct named {
	bool found;
	struct id id;
};

static struct named look_up(const char *user)
{
	const struct passwd *p = getpwnam(user);

	if (!p)
		return (struct named){ 0 };
	return (struct named){ true, { p->pw_uid, p->pw_gid } };
}

struct role {
	const char *user;
	const char *directory;
	bool by_group; /* the directory remembers it as its group, not as its owner */
	struct id *id;
	struct named named;
};

enum recall_outcome {
	RECALL_OK = 0,
	RECALL_NOTHING,
};

/* Finds the id that the role's directory remembers. */
static int recall(int root_fd, const char *root, struct role *role, struct complaint *why)
{
	struct stat st;
	uint32_t id;

	if (fstatat(root_fd, role->directory, &st, AT_SYMLINK_NOFOLLOW) < 0) {
		if (errno == ENOENT)
			return RECALL_NOTHING;
		return complain_errno(why, -errno, "cannot look at %s/%s", root, role->directory);
	}
	id = role->by_group ? st.st_gid : st.st_uid;
	if (id == 0)
		return RECALL_NOTHING;
	if (role->named.found && id == (role->by_group ? role->named.id.gid : role->named.id.uid)) {
		*role->id = role->named.id;
		return RECALL_OK;
	}
	if (id >= IDS_DYNAMIC_MIN && id <= IDS_DYNAMIC_MAX && !has_account(id)) {
		*role->id = (struct id){ id, id };
		return RECALL_OK;
	}
	complain(why, -EPERM, "%s/%s belongs to %s %u, which is no user of Coffer", root,
		 role->directory, role->by_group ? "group" : "user", id);
	complaint_hint(why,
		       "it was made without root, or that id was given to somebody else; start "
		       "as that user, or hand auth/ and data/ (with all in them) to a free id "
		       "between %d and %d each",
		       IDS_DYNAMIC_MIN, IDS_DYNAMIC_MAX);
	return -EPERM;
}

static int gather_used(struct id_set *used, struct complaint *why)
{
	int r = add_unmapped_of_file(used, "/proc/self/uid_map");

	if (r >= 0)
		r = add_unmapped_of_file(used, "/proc/self/gid_map");
	if (r >= 0)
		r = id_set_add_processes(used);
	return r < 0 ? complain_errno(why, r, "cannot see in /proc which user ids are in use") : 0;
}

static int choose_separate(int root_fd, const char *root, struct ids *ids, struct complaint *why)
{
	struct role roles[] = {
		{ "coffer-frontend", "run", true, &ids->frontend, { 0 } },
		{ "coffer-authd", "auth", false, &ids->authd, { 0 } },
		{ "coffer-stored", "data", false, &ids->stored, { 0 } },
	};
	bool chosen[ARRAY_SIZE(roles)] = { 0 }, all_named = true;
	struct id_set used = { 0 };
	int r;

	for (size_t i = 0; i < ARRAY_SIZE(roles); i++) {
		roles[i].named = look_up(roles[i].user);
		all_named = all_named && roles[i].named.found;
	}
	r = gather_used(&used, why);
	if (r < 0)
		return r;
	for (size_t i = 0; i < ARRAY_SIZE(roles); i++) {
		r = recall(root_fd, root, &roles[i], why);
		if (r < 0)
			return r;
		chosen[i] = r == RECALL_OK;
		if (chosen[i])
			id_set_add(&used, roles[i].id->uid);
	}
	for (size_t i = 0; i < ARRAY_SIZE(roles); i++) {
		if (chosen[i])
			continue;
		if (all_named)
			*roles[i].id = roles[i].named.id;
		else if ((r = choose_free(&used, roles[i].id, why)) < 0)
			return r;
	}
	return 0;
}

static int check_distinct(const struct ids *ids, const char *root, struct complaint *why)
{
	const struct id *all[] = { &ids->frontend, &ids->authd, &ids->stored };

	for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
		const struct id *one = all[i], *next = all[(i + 1) % ARRAY_SIZE(all)];

		if (one->uid != next->uid && one->gid != next->gid && one->uid && one->gid)
			continue;
		complain(why, -EPERM, "the three daemons would share an id (%u:%u) or be root",
			 one->uid, one->gid);
		complaint_hint(why,
			       "each needs a user and a group of its own; look at the owners in %s "
			       "and at the users coffer-*",
			       root);
		return -EPERM;
	}
	return 0;
}

/* Without root, what is there must be ours: files of another user cannot be opened anyway. */
static int check_own(int root_fd, const char *root, struct complaint *why)
{
	static const char *const directories[] = { "auth", "data", "run" };
	struct stat st;

	for (size_t i = 0; i < ARRAY_SIZE(directories); i++) {
		if (fstatat(root_fd, directories[i], &st, AT_SYMLINK_NOFOLLOW) < 0 ||
		    st.st_uid == geteuid())
			continue;
		complain(why, -EPERM, "%s/%s belongs to user %u, and you are user %u", root,
			 directories[i], st.st_uid, geteuid());
		complaint_hint(why, "start as root, as it was before, or name another --data");
		return -EPERM;
	}
	return 0;
}

int ids_choose(int root_fd, const char *root, struct ids *ret, struct complaint *why)
{
	struct id own = { geteuid(), getegid() };
	struct ids ids = { .frontend = own, .authd = own, .stored = own };
	int r;

	if (own.uid != 0) {
		r = check_own(root_fd, root, why);
	} else {
		ids.separate = true;
		r = choose_separate(root_fd, root, &ids, why);
		if (r >= 0)
			r = check_distinct(&ids, root, why);
	}
	if (r < 0)
		return r;
	*ret = ids;
	return 0;
}
