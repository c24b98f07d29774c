/* SPDX-License-Identifier: Apache-2.0 */

/* tenant quota and bucket quota. */

#include <stdio.h>
#include <string.h>

#include "base/size.h"
#include "client/manage/usage.h"
#include "client/render.h"

/* What the command line says of one limit; what it says of none stays. */
static bool take_limit(const char *value, uint8_t *ret_set, uint64_t *ret)
{
	uint64_t n = ANSWER_ABSENT;

	*ret_set = value != NULL;
	*ret = 0;
	if (!value)
		return true;
	if (strcmp(value, INVOCATION_NONE) != 0 &&
	    (!size_parse(span_from_string(value), &n) || n > INT64_MAX))
		return false;
	*ret = n;
	return true;
}

/* Says it, or where nothing is to change asks. */
static int ask_quota(struct management *m, struct manager *manager, const char *bucket,
		     struct manager_figures *ret)
{
	const struct invocation *i = m->invocation;
	struct ipc_message what = { .number = IPC_QUOTA, .quota.bucket = usage_bucket(bucket) };
	struct manager_reply reply;
	int r;

	if (!take_limit(i->options[OPTION_BYTES], &what.quota.set_bytes, &what.quota.bytes) ||
	    !take_limit(i->options[OPTION_OBJECTS], &what.quota.set_objects, &what.quota.objects))
		return complain(m->why, -ERANGE, "no quota can be as large as that");
	if (!what.quota.set_bytes && !what.quota.set_objects)
		return usage_ask(m, manager, bucket, false, ret);
	r = manager_say(manager, &what, &reply);
	if (r == 0 && reply.error)
		return complain(m->why, -EREMOTEIO, "the quota was not set: %s",
				s3_errors[reply.error].message);
	if (r == 0)
		*ret = reply.figures;
	return r;
}

static void tell_quota(struct management *m, const char *kind, const char *name,
		       const struct manager_figures *f)
{
	static const struct render_field fields[] = {
		{ "tenant", "tenant" },
		{ "bucket", "bucket" },
		{ "bytes", "all_bytes" },
		{ "objects", "all_objects" },
	};
	json_t *described = usage_describe(name, f), *shown;

	if (m->wants_json) {
		m->answer = json_pack("{s:O}", kind, described);
	} else {
		shown = usage_show(kind, described);
		render_record(stdout, shown, fields, ARRAY_SIZE(fields));
		json_decref(shown);
	}
	json_decref(described);
}

int tenant_quota(struct management *m)
{
	const char *tenant = m->invocation->operand;
	struct manager_figures figures;
	struct manager manager;
	int r = management_open(m, tenant, NULL, &manager);

	if (r < 0)
		return RUN_STOPPED;
	r = ask_quota(m, &manager, NULL, &figures);
	manager_close(&manager);
	if (r == 0)
		tell_quota(m, "tenant", tenant, &figures);
	return r < 0 ? RUN_STOPPED : RUN_OK;
}

int bucket_quota(struct management *m)
{
	const char *bucket = m->invocation->operand;
	char tenant[MANAGEMENT_TENANT_MAX];
	struct manager_figures figures;
	struct manager_reply reply;
	struct manager manager;
	int r;

	if (management_find_owner(m, bucket, tenant, &manager, &reply) < 0)
		return RUN_STOPPED;
	r = ask_quota(m, &manager, bucket, &figures);
	manager_close(&manager);
	if (r == 0)
		tell_quota(m, "bucket", bucket, &figures);
	return r < 0 ? RUN_STOPPED : RUN_OK;
}
