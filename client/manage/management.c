/* SPDX-License-Identifier: Apache-2.0 */
#include "client/manage/management.h"

#include <stdio.h>
#include <string.h>

#include "client/admin.h"

int management_out_of_memory(struct management *m)
{
	return complain_errno(m->why, -ENOMEM, "cannot say what there is");
}

int management_list_failed(struct management *m, const char *what, const char *name,
			   enum s3_error e)
{
	return complain(m->why, -EREMOTEIO, "the %s %s cannot be listed: %s", what, name,
			s3_errors[e].message);
}

int management_open(struct management *m, const char *tenant, const char *bucket,
		    struct manager *ret)
{
	const struct operator_target target = {
		.admin_socket = m->invocation->socket,
		.operator_socket = m->operator_socket,
		.tenant = tenant,
		.bucket = bucket,
		.purpose = OPERATOR_MANAGE,
	};
	int r = manager_open(ret, &target, m->stop, m->why);

	if (r < 0)
		manager_close(ret);
	return r;
}

/* --- tenants --------------------------------------------------------------------------------- */

static int ask_for_tenants(struct management *m, json_t **ret)
{
	json_t *request = json_pack("{s:s}", "do", "tenant.list");
	struct admin a;
	int r;

	if (!request)
		return management_out_of_memory(m);
	r = admin_open(m->invocation->socket, &a, m->why);
	if (r >= 0) {
		r = admin_call(&a, request, ret, m->why);
		admin_close(&a);
	}
	json_decref(request);
	return r == ADMIN_REFUSED ? -EACCES : r;
}

/* authd gives no grants for it any more, which is no reason to say nothing of the others. */
static bool is_going(const json_t *tenant)
{
	const char *state = json_string_value(json_object_get(tenant, "state"));

	return state && strcmp(state, "deleting") == 0;
}

int management_tenants(struct management *m, const char *named, json_t **ret)
{
	json_t *answer = NULL, *names = json_array(), *tenant;
	int r = named ? 0 : ask_for_tenants(m, &answer);
	size_t i;

	if (named)
		json_array_append_new(names, json_string(named));
	json_array_foreach(json_object_get(answer, "tenants"), i, tenant)
		if (!is_going(tenant))
			json_array_append(names, json_object_get(tenant, "name"));
	json_decref(answer);
	if (r == 0 && named && !json_array_size(names))
		r = complain(m->why, -EINVAL, "the tenant's name is not valid UTF-8");
	if (r < 0) {
		json_decref(names);
		return r;
	}
	*ret = names;
	return 0;
}

/* --- the owner of a bucket ------------------------------------------------------------------- */

enum owner_outcome {
	OWNER_FOUND = 0,
	OWNER_IS_ANOTHER,	/* or there is no such bucket: the reply says which */
};

static int look_at(struct management *m, struct manager *of, const char *bucket,
		   struct manager_reply *ret)
{
	const struct s3_request r = { .operation = S3_HEAD_BUCKET,
				      .bucket = span_from_string(bucket) };
	int e;

	/* What is no answer says nothing of an error. */
	*ret = (struct manager_reply){ 0 };
	e = manager_ask(of, &r, ret);
	if (e < 0 || ret->error == S3_ERROR_NONE)
		return e;
	if (ret->error == S3_ERROR_ACCESS_DENIED || ret->error == S3_ERROR_NO_SUCH_BUCKET)
		return OWNER_IS_ANOTHER;
	return complain(m->why, -EREMOTEIO, "the bucket %s cannot be looked at: %s", bucket,
			s3_errors[ret->error].message);
}

static int complain_of_owner(struct management *m, const char *bucket, enum s3_error error)
{
	if (error == S3_ERROR_NO_SUCH_BUCKET) {
		complain(m->why, 0, "there is no bucket %s", bucket);
		complaint_hint(m->why, "`cofferctl bucket list` says which there are");
	} else if (m->invocation->options[OPTION_TENANT]) {
		complain(m->why, 0, "the bucket %s belongs to another tenant", bucket);
		complaint_hint(m->why, "without --tenant its owner is looked for");
	} else {
		complain(m->why, 0, "the bucket %s belongs to no tenant that authd knows", bucket);
	}
	return -ENOENT;
}

/* A name that nobody has is nobody's for the first who is asked, and the others are not. */
int management_find_owner(struct management *m, const char *bucket,
			  char ret_tenant[static MANAGEMENT_TENANT_MAX], struct manager *ret,
			  struct manager_reply *ret_reply)
{
	enum s3_error last = S3_ERROR_NO_SUCH_BUCKET;
	json_t *tenants = NULL, *name;
	int r = management_tenants(m, m->invocation->options[OPTION_TENANT], &tenants);
	int found = OWNER_IS_ANOTHER;
	size_t i;

	if (r < 0)
		return r;
	json_array_foreach(tenants, i, name)
	{
		snprintf(ret_tenant, MANAGEMENT_TENANT_MAX, "%s", json_string_value(name));
		found = management_open(m, ret_tenant, bucket, ret);
		if (found < 0)
			break;
		found = look_at(m, ret, bucket, ret_reply);
		if (found == OWNER_FOUND)
			break;
		manager_close(ret);
		last = ret_reply->error;
		if (found < 0 || last == S3_ERROR_NO_SUCH_BUCKET)
			break;
	}
	json_decref(tenants);
	return found == OWNER_IS_ANOTHER ? complain_of_owner(m, bucket, last) : found;
}

/* --- its buckets ----------------------------------------------------------------------------- */

static int add_name(void *context, const struct answer *item)
{
	return json_array_append_new(context, json_stringn(item->bucket.data, item->bucket.len)) < 0
		       ? -ENOMEM
		       : 0;
}

int management_buckets(struct management *m, struct manager *of, json_t **ret)
{
	enum s3_error error = S3_ERROR_NONE;
	json_t *names = json_array();
	int r = manager_list(of, LISTER_BUCKETS, SPAN_NONE, &error, add_name, names);

	if (r == -ENOMEM)
		management_out_of_memory(m);
	if (r == 0 && error)
		r = management_list_failed(m, "buckets of", of->target.tenant, error);
	if (r < 0) {
		json_decref(names);
		return r;
	}
	*ret = names;
	return 0;
}

/* --- all of them ----------------------------------------------------------------------------- */

static int visit_tenant(struct management *m, const struct management_visitor *v, const char *tenant)
{
	struct manager manager;
	int r = management_open(m, tenant, NULL, &manager);

	if (r < 0)
		return r;
	r = v->tenant(v->context, &manager);
	manager_close(&manager);
	return r;
}

static int visit_bucket(struct management *m, const struct management_visitor *v, const char *bucket)
{
	char tenant[MANAGEMENT_TENANT_MAX];
	struct manager_reply reply;
	struct manager manager;
	int r = management_find_owner(m, bucket, tenant, &manager, &reply);

	if (r < 0)
		return r;
	r = v->bucket(v->context, &manager, bucket);
	manager_close(&manager);
	return r;
}

int management_visit(struct management *m, const struct management_visitor *v)
{
	const char *const *said = m->invocation->options;
	json_t *tenants = NULL, *tenant;
	size_t i;
	int r;

	if (said[OPTION_BUCKET])
		return visit_bucket(m, v, said[OPTION_BUCKET]);
	r = management_tenants(m, said[OPTION_TENANT], &tenants);
	json_array_foreach(tenants, i, tenant)
	{
		if (r == 0)
			r = visit_tenant(m, v, json_string_value(tenant));
	}
	json_decref(tenants);
	return r;
}
