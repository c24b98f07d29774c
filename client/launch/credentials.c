/* SPDX-License-Identifier: Apache-2.0 */
#include "client/launch/credentials.h"

#include <fcntl.h>
#include <jansson.h>
#include <limits.h>
#include <string.h>

#include "base/fd.h"
#include "client/file.h"

#define FILE_MAX (64 * KIB)

int credentials_open(const char *path, struct credentials_file *ret, struct complaint *why)
{
	const char *slash = strrchr(path, '/');
	char directory[PATH_MAX] = ".";
	int fd;

	if (strlen(path) >= sizeof(directory) || !path[0] || (slash && !slash[1]))
		return complain(why, -EINVAL, "--credentials %s names no file", path);
	if (slash) {
		memcpy(directory, path, (size_t)(slash - path) + 1);
		directory[slash - path + 1] = '\0';
	}
	fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return complain_errno(why, -errno, "cannot open the directory of --credentials %s",
				      path);
	*ret = (struct credentials_file){
		.dir_fd = fd,
		.name = slash ? slash + 1 : path,
		.path = path,
	};
	return 0;
}

void credentials_close(struct credentials_file *f)
{
	f->dir_fd = fd_close(f->dir_fd);
}

static int complain_foreign(const struct credentials_file *f, struct complaint *why)
{
	complain(why, -EEXIST, "%s exists and is no credentials file of coffer", f->path);
	complaint_hint(why, "it is left as it is: remove it, or name another one");
	return -EEXIST;
}

/* One that was written before there were tokens has none. */
static bool take_token(const json_t *token, char to[static CREDENTIALS_TOKEN_MAX + 1])
{
	if (json_string_length(token) > CREDENTIALS_TOKEN_MAX)
		return false;
	strcpy(to, json_is_string(token) ? json_string_value(token) : "");
	return !token || json_is_null(token) || json_is_string(token);
}

static int parse(const struct credentials_file *f, struct span text, struct credentials *ret,
		 struct complaint *why)
{
	json_t *root = json_loadb(text.data, text.len, 0, NULL);
	const char *access_key = json_string_value(json_object_get(root, "access_key"));
	const char *secret_key = json_string_value(json_object_get(root, "secret_key"));
	bool understood = json_string_value(json_object_get(root, "s3_endpoint")) &&
			  pair_set(access_key, secret_key, &ret->pair) &&
			  take_token(json_object_get(root, "token"), ret->token);

	json_decref(root);
	return understood ? CREDENTIALS_OK : complain_foreign(f, why);
}

int credentials_read(const struct credentials_file *f, struct credentials *ret,
		     struct complaint *why)
{
	struct buffer text = BUFFER_INIT(FILE_MAX);
	int r;

	r = file_read(f->dir_fd, f->name, &text);
	if (r == -ENOENT || (r >= 0 && text.len == 0))
		r = CREDENTIALS_NONE;
	else if (r == -ELOOP || r == -EINVAL || r == -EMSGSIZE)
		r = complain_foreign(f, why);
	else if (r < 0)
		r = complain_errno(why, r, "cannot read %s", f->path);
	else
		r = parse(f, buffer_span(&text), ret, why);
	if (text.data)
		sodium_memzero(text.data, text.size);
	buffer_clear(&text);
	return r;
}

int credentials_write(const struct credentials_file *f, const struct credentials_told *told,
		      struct complaint *why)
{
	const struct credentials *c = told->credentials;
	json_t *root = json_pack("{s:s, s:s, s:s, s:s, s:s?, s:s?}", "s3_endpoint",
				 told->s3_endpoint, "access_key", c->pair.access_key, "secret_key",
				 c->pair.secret_key, "region", told->region, "rest_endpoint",
				 told->rest_endpoint, "token", c->token[0] ? c->token : NULL);
	char *text = root ? json_dumps(root, JSON_INDENT(2)) : NULL;
	struct span bytes = span_from_string(text);
	int r = -ENOMEM;

	if (text) {
		text[bytes.len] = '\n';
		bytes.len++;
		r = file_replace(f->dir_fd, f->name, bytes);
		sodium_memzero(text, bytes.len);
	}
	free(text);
	json_decref(root);
	return r < 0 ? complain_errno(why, r, "cannot write %s", f->path) : 0;
}
