/* SPDX-License-Identifier: Apache-2.0 */
#include "stored/items.h"

static int items_cut(struct items *i, size_t at)
{
	buffer_append(&i->cuts, (struct span){ &at, sizeof(at) });
	i->begun = at;
	return buffer_error(&i->cuts);
}

int items_add(struct items *i, const struct answer *item)
{
	size_t at = i->bytes.len;

	answer_append_item(item, &i->bytes);
	if (buffer_error(&i->bytes))
		return buffer_error(&i->bytes);
	if (i->bytes.len - at > IPC_ITEMS_MAX)
		return -EMSGSIZE;
	return i->bytes.len - i->begun > IPC_ITEMS_MAX ? items_cut(i, at) : 0;
}

bool items_next(const struct items *i, size_t *at, struct span *ret)
{
	size_t cut = i->bytes.len;

	if (*at >= i->bytes.len)
		return false;
	for (size_t n = 0; n < i->cuts.len; n += sizeof(cut)) {
		memcpy(&cut, i->cuts.data + n, sizeof(cut));
		if (cut > *at)
			break;
		cut = i->bytes.len;
	}
	*ret = (struct span){ i->bytes.data + *at, cut - *at };
	*at = cut;
	return true;
}

void items_clear(struct items *i)
{
	buffer_clear(&i->bytes);
	buffer_clear(&i->cuts);
	i->begun = 0;
}
