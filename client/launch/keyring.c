/* SPDX-License-Identifier: Apache-2.0 */
#include "client/launch/keyring.h"

#include <fcntl.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "client/file.h"

#define KEY_NAME "keyring-key"
#define KEPT_KEY "credentials/" KEY_NAME
#define AUTHD_DB "auth/auth.db"

struct key {
	uint8_t bytes[KEYRING_KEY_LEN];
};

static void key_clear(struct key *key)
{
	sodium_memzero(key, sizeof(*key));
}

/* Without its key an existing database is a list of secrets that nobody can open. */
static int check_nothing_sealed(const struct layout *l, struct complaint *why)
{
	struct stat st;

	if (fstatat(l->root_fd, AUTHD_DB, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0
				       : complain_errno(why, -errno, "cannot look for %s/" AUTHD_DB,
							l->root);
	complain(why, -ENOKEY, "%s/" KEPT_KEY " is missing, and " AUTHD_DB " was sealed with it",
		 l->root);
	complaint_hint(why,
		       "put it back from where the directory was copied from; without it the keys "
		       "of all tenants must be made anew");
	return -ENOKEY;
}

static int make_key(const struct layout *l, int dir_fd, struct key *ret, struct complaint *why)
{
	int r = check_nothing_sealed(l, why);

	if (r < 0)
		return r;
	randombytes_buf(ret->bytes, sizeof(ret->bytes));
	r = file_replace(dir_fd, KEY_NAME, (struct span){ ret->bytes, sizeof(ret->bytes) });
	return r < 0 ? complain_errno(why, r, "cannot write %s/" KEPT_KEY, l->root) : 0;
}

static int find_key(const struct layout *l, struct key *ret, struct complaint *why)
{
	_cleanup_(fd_closep) int dir_fd = -1, fd = -1;
	struct stat st;
	int r;

	dir_fd = openat(l->root_fd, "credentials", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (dir_fd < 0)
		return complain_errno(why, -errno, "cannot open %s/credentials", l->root);
	fd = openat(dir_fd, KEY_NAME, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT)
		return make_key(l, dir_fd, ret, why);
	if (fd < 0 || fstat(fd, &st) < 0)
		return complain_errno(why, -errno, "cannot open %s/" KEPT_KEY, l->root);
	if (st.st_size != KEYRING_KEY_LEN)
		return complain(why, -EINVAL, "%s/" KEPT_KEY " has %lld bytes, not %d", l->root,
				(long long)st.st_size, KEYRING_KEY_LEN);
	r = fd_pread_all(fd, ret->bytes, sizeof(ret->bytes), 0);
	return r < 0 ? complain_errno(why, r, "cannot read %s/" KEPT_KEY, l->root) : 0;
}

/* The directory gets its owner last: until then nobody but the launcher can reach into it. */
static int write_copy(const struct layout *l, const struct id *authd, const struct key *key)
{
	_cleanup_(fd_closep) int dir_fd = -1, fd = -1;
	int r;

	if (mkdirat(l->root_fd, KEYRING_DIRECTORY, 0700) < 0)
		return -errno;
	dir_fd = openat(l->root_fd, KEYRING_DIRECTORY,
			O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (dir_fd < 0)
		return -errno;
	fd = openat(dir_fd, KEY_NAME, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0400);
	if (fd < 0)
		return -errno;
	r = fd_write_all(fd, (struct span){ key->bytes, sizeof(key->bytes) });
	if (r < 0)
		return r;
	if (fchown(fd, authd->uid, authd->gid) < 0 || fchmod(dir_fd, 0500) < 0 ||
	    fchown(dir_fd, authd->uid, authd->gid) < 0)
		return -errno;
	return 0;
}

int keyring_hand_over(const struct layout *l, const struct ids *ids, struct complaint *why)
{
	_cleanup_(key_clear) struct key key = { 0 };
	int r;

	r = find_key(l, &key, why);
	if (r < 0)
		return r;
	r = keyring_take_back(l);
	if (r == -ENOTEMPTY)
		return complain(why, r,
				"%s/" KEYRING_DIRECTORY " holds what coffer did not put there",
				l->root);
	if (r >= 0)
		r = write_copy(l, &ids->authd, &key);
	return r < 0 ? complain_errno(why, r, "cannot write %s/" KEYRING_DIRECTORY, l->root) : 0;
}

/*
 * The directory belongs to authd, so it is removed and never written into: what else may be in it,
 * such as a link under the key's name, was not put there by us.
 */
int keyring_take_back(const struct layout *l)
{
	_cleanup_(fd_closep) int dir_fd = -1;

	dir_fd = openat(l->root_fd, KEYRING_DIRECTORY,
			O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (dir_fd < 0)
		return errno == ENOENT ? 0 : -errno;
	if (fchmod(dir_fd, 0700) < 0)
		return -errno;
	if (unlinkat(dir_fd, KEY_NAME, 0) < 0 && errno != ENOENT)
		return -errno;
	if (unlinkat(l->root_fd, KEYRING_DIRECTORY, AT_REMOVEDIR) < 0)
		return -errno;
	return 0;
}
