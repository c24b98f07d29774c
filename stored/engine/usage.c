/* SPDX-License-Identifier: Apache-2.0 */
#include "stored/engine/reading.h"

int store_find_usage(struct store *s, const struct ipc_id *tenant, struct span bucket,
		     struct usage *ret)
{
	_cleanup_(catalog_putp) struct catalog *c = NULL;
	struct bucket found;
	int r;

	r = store_find_bucket(s, tenant, bucket, &found);
	if (r == 0)
		r = catalog_get(&s->catalogs, tenant, false, &c);
	if (r == 0)
		ledger_read(&c->ledger, found.id, ret);
	return r;
}

int store_sum_usage(struct store *s, const struct ipc_id *tenant, struct usage *ret)
{
	_cleanup_(catalog_putp) struct catalog *c = NULL;
	int r;

	r = catalog_get(&s->catalogs, tenant, false, &c);
	if (r < 0 && r != -ENOENT)
		return r;
	if (c)
		ledger_read_all(&c->ledger, ret);
	else
		*ret = (struct usage){ 0 };
	return 0;
}
