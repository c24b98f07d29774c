/* SPDX-License-Identifier: Apache-2.0 */
#include "client/tokenfile.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "client/admin.h"

/* Up to the limit of what can be asked for in one piece. */
static int read_all(int fd, struct buffer *ret)
{
	for (;;) {
		uint8_t *to = buffer_reserve(ret, 4096);
		ssize_t n;

		if (!to)
			return buffer_error(ret);
		n = read(fd, to, 4096);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : 0;
		buffer_commit(ret, (size_t)n);
		if (ret->len > ADMIN_REQUEST_MAX)
			return -EFBIG;
	}
}

static int parse(const char *path, struct span text, json_t **ret, struct complaint *why)
{
	json_error_t error;
	json_t *list = json_loadb(text.data, text.len, JSON_REJECT_DUPLICATES, &error);

	if (!list)
		return complain(why, -EINVAL, "%s, line %d: %s", path, error.line, error.text);
	if (!json_is_array(list) || json_array_size(list) == 0) {
		bool empty = json_is_array(list);

		json_decref(list);
		return complain(why, -EINVAL,
				empty ? "%s has no tokens in it" : "%s is no list of tokens", path);
	}
	*ret = list;
	return 0;
}

int tokenfile_read(const char *path, json_t **ret, struct complaint *why)
{
	struct buffer text = BUFFER_INIT(ADMIN_REQUEST_MAX + 2 * 4096);
	bool is_stdin = strcmp(path, "-") == 0;
	int fd = is_stdin ? dup(STDIN_FILENO) : open(path, O_RDONLY | O_CLOEXEC), r;

	if (is_stdin)
		path = "standard input";
	r = fd < 0 ? -errno : read_all(fd, &text);
	if (r == -EFBIG) {
		complain(why, r, "%s is longer than %d bytes", path, (int)ADMIN_REQUEST_MAX);
		complaint_hint(why, "import it in parts");
	} else if (r < 0) {
		complain_errno(why, r, "cannot read %s", path);
		complaint_hint(why, "FILE is a path that you may read, or - for standard input");
	} else {
		r = parse(path, buffer_span(&text), ret, why);
		if (r < 0)
			complaint_hint(why, "what an older service has as tokens.json is wanted: "
					    "[{\"name\": …, \"hash\": …, …}, …]");
	}
	fd_close(fd);
	buffer_clear(&text);
	return r;
}
