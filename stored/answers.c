/* SPDX-License-Identifier: Apache-2.0 */
#include "stored/answers.h"

void answer_owner(struct answer *a, const struct call *c)
{
	bool is_own = !c->gate || ipc_id_equal(&c->gate->owner, &c->grant.principal.tenant);

	a->owner_id = is_own ? c->grant.principal.canonical_id : c->gate->owner_id;
	a->owner_name = is_own ? c->grant.principal.display_name : c->gate->owner_name;
}

void answer_checksum(struct answer *a, const struct checksum_value *v, enum checksum_type type,
		     uint32_t parts, char text[static CHECKSUM_TEXT_MAX])
{
	if (v->algorithm == CHECKSUM_NONE)
		return;
	a->checksum_algorithm = v->algorithm;
	if (type != CHECKSUM_TYPE_NONE)
		a->checksum_type = type;
	checksum_format(v, type == CHECKSUM_TYPE_COMPOSITE ? parts : 0, text);
	a->checksum = span_from_string(text);
}

void answer_object(struct call *c, const struct object *o)
{
	struct answer *a = &c->answer;

	a->etag = o->etag;
	a->size = o->size;
	a->last_modified = o->modified_ns;
	if (o->attributes.len)
		a->attributes = o->attributes;
	if (o->storage_class.len)
		a->storage_class = o->storage_class;
	if (o->parts_count)
		a->parts_count = o->parts_count;
	answer_checksum(a, &o->checksum, o->checksum_type, o->parts_count, c->checksum_text);
}

void answer_made(struct call *c, const struct change_made *made)
{
	struct answer *a = &c->answer;

	a->etag = span_from_string(made->etag);
	a->size = made->size;
	a->last_modified = made->modified_ns;
	answer_checksum(a, &made->checksum, made->checksum_type, made->parts_count,
			c->checksum_text);
}
