/* SPDX-License-Identifier: Apache-2.0 */
#include "client/remote/identity.h"

#include <fcntl.h>
#include <jansson.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/fd.h"

#define READ_STEP 4096

/* What a scope may name: it is not quoted there. */
static bool is_region(const char *text)
{
	size_t len =
		strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_");

	return len > 0 && len <= SIGNATURE_REGION_MAX && !text[len];
}

static int take_region(const char *region, const char *from, struct identity *i,
		       struct complaint *why)
{
	if (!region || !region[0])
		region = IDENTITY_REGION;
	if (!is_region(region))
		return complain(why, -EINVAL, "the region that %s names cannot be one", from);
	strcpy(i->region, region);
	return 0;
}

/* It goes into a field of the request as it is. */
static bool is_access_key(const char *text)
{
	return text[strspn(text,
			   "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-")] ==
	       '\0';
}

/* --- a file ------------------------------------------------------------------------------- */

static int check_file(const char *path, int fd, struct complaint *why)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return complain_errno(why, -errno, "cannot look at %s", path);
	if (!S_ISREG(st.st_mode))
		return complain(why, -EINVAL, "%s is no file", path);
	if (st.st_uid != geteuid() && st.st_uid != 0)
		return complain(why, -EPERM, "%s belongs to somebody else", path);
	if (st.st_mode & (S_IRWXG | S_IRWXO)) {
		complain(why, -EPERM, "%s is not for its owner only: its mode is %04o", path,
			 st.st_mode & 07777u);
		complaint_hint(why, "`chmod 600 %s`; if others could read it, make a new key",
			       path);
		return -EPERM;
	}
	return 0;
}

static int read_file(const char *path, struct buffer *to, struct complaint *why)
{
	_cleanup_(fd_closep) int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	ssize_t n;
	int r;

	if (fd < 0)
		return complain_errno(why, -errno, "cannot open %s", path);
	r = check_file(path, fd, why);
	if (r < 0)
		return r;
	do {
		uint8_t *at = buffer_reserve(to, READ_STEP);

		if (!at)
			return complain_errno(why, buffer_error(to), "cannot read %s", path);
		n = read(fd, at, READ_STEP);
		if (n < 0)
			return complain_errno(why, -errno, "cannot read %s", path);
		buffer_commit(to, (size_t)n);
	} while (n > 0);
	return 0;
}

static int parse(const char *path, struct span text, struct identity *ret, struct complaint *why)
{
	json_t *root = json_loadb(text.data, text.len, JSON_REJECT_DUPLICATES, NULL);
	const json_t *key = json_object_get(root, "key"), *from = key ? key : root;
	const char *id = json_string_value(json_object_get(from, "access_key"));
	int r = 0;

	if (!pair_set(id, json_string_value(json_object_get(from, "secret_key")), &ret->pair) ||
	    !is_access_key(id)) {
		r = complain(why, -EINVAL, "%s is no JSON with an access_key and a secret_key",
			     path);
		complaint_hint(why, "`cofferctl key create --json` writes such a file");
	} else {
		r = take_region(json_string_value(json_object_get(root, "region")), path, ret, why);
	}
	json_decref(root);
	return r;
}

static int take_file(const char *path, struct identity *ret, struct complaint *why)
{
	struct buffer text = BUFFER_INIT(IDENTITY_FILE_MAX);
	int r = read_file(path, &text, why);

	if (r >= 0)
		r = parse(path, buffer_span(&text), ret, why);
	if (text.data)
		sodium_memzero(text.data, text.size);
	buffer_clear(&text);
	return r;
}

/* --- the environment ---------------------------------------------------------------------- */

static int take_environment(struct identity *ret, struct complaint *why)
{
	const char *which = NULL;

	switch ((enum pair_outcome)pair_take_aws_from_environment(&ret->pair, &which)) {
	case PAIR_OK:
		break;
	case PAIR_NONE:
		complain(why, -ENOKEY, "no access key to sign with");
		complaint_hint(why, "--credentials FILE, or AWS_ACCESS_KEY_ID and "
				    "AWS_SECRET_ACCESS_KEY in the environment");
		return -ENOKEY;
	case PAIR_INCOMPLETE:
		return complain(why, -EINVAL, "%s is missing, or longer than %d characters", which,
				PAIR_PART_MAX);
	}
	if (!is_access_key(ret->pair.access_key))
		return complain(why, -EINVAL, "AWS_ACCESS_KEY_ID is no access key of Coffer's");
	return take_region(getenv("AWS_REGION"), "AWS_REGION", ret, why);
}

int identity_take(const char *file, struct identity *ret, struct complaint *why)
{
	_cleanup_(identity_clear) struct identity i = { 0 };
	int r = file ? take_file(file, &i, why) : take_environment(&i, why);

	if (r < 0)
		return r;
	*ret = i;
	return 0;
}
