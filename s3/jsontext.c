/* SPDX-License-Identifier: Apache-2.0 */
#include "s3/jsontext.h"

#include <errno.h>
#include <stdlib.h>

/* Of the text that this thread reads. */
static _Thread_local bool is_starving;

void jsontext_starve(void)
{
	is_starving = true;
}

static void *allocate(size_t len)
{
	void *memory = malloc(len);

	if (!memory)
		jsontext_starve();
	return memory;
}

/* Before there is anything of jansson's: what one function has allocated no other may free. */
__attribute__((constructor)) static void take_over(void)
{
	json_set_alloc_funcs(allocate, free);
}

int jsontext_read(struct span text, json_t **ret, json_error_t *ret_error)
{
	json_t *root;

	is_starving = false;
	root = json_loadb(text.data, text.len, JSON_REJECT_DUPLICATES, ret_error);
	if (is_starving) {
		json_decref(root);
		return -ENOMEM;
	}
	if (!root)
		return JSONTEXT_MALFORMED;
	*ret = root;
	return JSONTEXT_OK;
}
