/* SPDX-License-Identifier: Apache-2.0 */
#include "client/tokenfile.h"

#include "client/admin.h"
#include "client/input.h"

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
	struct buffer text = INPUT_INIT(ADMIN_REQUEST_MAX);
	int r = input_read(path, &text, why);

	if (r == -EFBIG)
		complaint_hint(why, "import it in parts");
	else if (r < 0)
		complaint_hint(why, "FILE is a path that you may read, or - for standard input");
	if (r == 0) {
		r = parse(input_name(path), buffer_span(&text), ret, why);
		if (r < 0)
			complaint_hint(why, "what an older service has as tokens.json is wanted: "
					    "[{\"name\": …, \"hash\": …, …}, …]");
	}
	buffer_clear(&text);
	return r;
}
