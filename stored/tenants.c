/* SPDX-License-Identifier: Apache-2.0 */
#include "stored/tenants.h"

#include "ipc/sample.h"

struct tenant_name {
	struct ipc_id id;
	char text[SAMPLE_LABEL_MAX + 1];
};

void tenants_init(struct tenants *t)
{
	t->names = TABLE_INIT(TENANTS_KNOWN_MAX);
}

void tenants_clear(struct tenants *t)
{
	struct tenant_name *n;
	size_t at = 0;

	while ((n = table_next(&t->names, &at)))
		free(n);
	table_clear(&t->names);
}

void tenants_note(struct tenants *t, const struct principal *p)
{
	_cleanup_(freep) struct tenant_name *n = NULL;

	if (p->anonymous || table_find(&t->names, ipc_id_number(&p->tenant)) ||
	    t->names.count == TENANTS_KNOWN_MAX || p->tenant_name.len >= sizeof(n->text))
		return;
	n = calloc(1, sizeof(*n));
	if (!n)
		return;
	n->id = p->tenant;
	memcpy(n->text, p->tenant_name.data, p->tenant_name.len);
	if (table_add(&t->names, ipc_id_number(&n->id), n) == TABLE_OK)
		(void)steal_ptr(n);
}

const char *tenants_name(const struct tenants *t, const struct ipc_id *id)
{
	const struct tenant_name *n = table_find(&t->names, ipc_id_number(id));

	return n && ipc_id_equal(&n->id, id) ? n->text : NULL;
}
