/* SPDX-License-Identifier: Apache-2.0 */
#include "frontend/pages.h"

#include "frontend/administration.h"
#include "frontend/connection.h"
#include "frontend/exchange.h"
#include "frontend/health.h"
#include "frontend/openapi.h"
#include "frontend/worker.h"

/* `-` can be no bucket. */
static const struct page {
	enum s3_dialect dialect;
	const char *path;
	void (*answer)(struct exchange *e);
	bool is_tree; /* all below it, by methods of its own */
} pages[] = {
	{ S3_DIALECT_S3, "/-/health", health_answer },
	{ S3_DIALECT_REST, "/health", health_answer },
	{ S3_DIALECT_S3, "/-/admin/v1/openapi.json", openapi_answer_admin },
	{ S3_DIALECT_S3, ADMINISTRATION_TREE, administration_serve, true },
	{ S3_DIALECT_REST, "/openapi.json", openapi_answer_rest },
};

/* "bucket.domain" with or without a port, in any case. */
static bool is_below(struct span host, struct span domain)
{
	struct span name, tail;

	span_cut(host, ':', &name);
	if (name.len <= domain.len + 1)
		return false;
	tail = span_skip(name, name.len - domain.len - 1);
	return span_bytes(tail)[0] == '.' && span_equal_nocase(span_skip(tail, 1), domain);
}

static bool is_bucket(struct span host, const char *const *domains)
{
	for (; domains && *domains; domains++)
		if (is_below(host, span_from_string(*domains)))
			return true;
	return false;
}

bool pages_are_administration(const struct exchange *e)
{
	const struct connection *c = e->connection;

	return c->http->dialect == S3_DIALECT_S3 && administration_is_meant(e->head.target) &&
	       !is_bucket(e->head.host, c->worker->config.domains);
}

static bool is_at(const struct page *p, struct span path)
{
	struct span own = span_from_string(p->path);

	return p->is_tree ? span_starts_with(path, own) : span_equal(path, own);
}

const struct page *pages_find(enum s3_dialect dialect, const struct head *h,
			      const char *const *domains)
{
	struct span path;

	if (dialect == S3_DIALECT_S3 && is_bucket(h->host, domains))
		return NULL;
	span_cut(h->target, '?', &path);
	for (size_t i = 0; i < ARRAY_SIZE(pages); i++)
		if (pages[i].dialect == dialect && is_at(&pages[i], path))
			return &pages[i];
	return NULL;
}

bool pages_serve(struct exchange *e)
{
	const struct connection *c = e->connection;
	const struct page *page = pages_find(c->http->dialect, &e->head, c->worker->config.domains);

	if (!page)
		return false;
	e->allowed = page->is_tree ? NULL : "GET, HEAD";
	if (page->is_tree || span_equal(e->head.method, SPAN("GET")) ||
	    span_equal(e->head.method, SPAN("HEAD")))
		page->answer(e);
	else
		exchange_refuse(e, S3_ERROR_METHOD_NOT_ALLOWED, SPAN_NONE);
	return true;
}
