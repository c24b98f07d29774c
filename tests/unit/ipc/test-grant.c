/* SPDX-License-Identifier: Apache-2.0 */
#include "ipc/grant.h"

#include "ipc/sealed.h"

#undef NDEBUG
#include <assert.h>

static struct grant full_grant(struct buffer *attributes)
{
	struct grant g = {
		.id = { { 1, 2, 3 } },
		.channel = { { 4, 5, 6 } },
		.epoch = 7,
		.expires_ns = 8,
		.request_id = 9,
		.principal = { .tenant = { { 10 } },
			       .tenant_name = SPAN("tenant"),
			       .canonical_id = SPAN("0123"),
			       .display_name = SPAN("Tenant"),
			       .user = SPAN(""),
			       .credential = SPAN("AKID"),
			       .prefix = SPAN("team/"),
			       .user_id = { { 11 } } },
		.identity = { .answers = { POLICY_SAYS_ALLOW, POLICY_SAYS_UNDECIDED },
			      .n = 2,
			      .listing = POLICY_SAYS_DENY,
			      .policy = SPAN("{\"Statement\":[]}"),
			      .now_s = 1234,
			      .source = SPAN("2001:db8::1"),
			      .referer = SPAN("http://here"),
			      .user_agent = SPAN("agent") },
		.limits = { .bandwidth = UINT64_C(1) << 40, .parallel = 100000 },
		.peer = SPAN("127.0.0.1"),
		.request = { .dialect = S3_DIALECT_REST,
			     .operation = S3_UPLOAD_PART_COPY,
			     .bucket = SPAN("bucket"),
			     .key = SPAN("a//b\1"),
			     .source_bucket = SPAN("source"),
			     .source_key = SPAN(".."),
			     .payload = S3_PAYLOAD_SIGNED,
			     .length = 12345,
			     .trailer = CHECKSUM_NONE,
			     .checksum = { CHECKSUM_SHA256, { 9, 8, 7 } },
			     .checksum_algorithm = CHECKSUM_SHA256 },
	};

	for (int h = 0; h < S3_HEADER_COUNT; h++)
		g.request.headers[h] = SPAN("header value");
	for (int p = 0; p < S3_PARAM_COUNT; p++)
		g.request.params[p] = SPAN("");
	pairs_append(attributes, SPAN("content-type"), SPAN("text/plain"));
	pairs_append(attributes, SPAN("x-amz-meta-a"), SPAN(""));
	g.request.attributes = buffer_span(attributes);
	return g;
}

static void test_the_whole_request_travels_except_credentials(void)
{
	struct buffer attributes = BUFFER_INIT(1000), b = BUFFER_INIT(IPC_GRANT_MAX);
	struct grant sent = full_grant(&attributes), got;

	grant_encode(&sent, &b);
	assert(buffer_error(&b) == 0 && grant_decode(buffer_span(&b), &got));
	assert(ipc_id_equal(&sent.id, &got.id) && ipc_id_equal(&sent.channel, &got.channel));
	assert(got.epoch == 7 && got.expires_ns == 8 && got.request_id == 9);
	assert(ipc_id_equal(&sent.principal.tenant, &got.principal.tenant));
	assert(span_equal(got.principal.tenant_name, SPAN("tenant")));
	assert(span_equal(got.principal.credential, SPAN("AKID")));
	assert(span_equal(got.peer, sent.peer));
	assert(got.limits.bandwidth == sent.limits.bandwidth && got.limits.bandwidth);
	assert(got.limits.parallel == sent.limits.parallel && got.limits.parallel);
	assert(span_equal(got.principal.prefix, SPAN("team/")));
	assert(got.principal.user_id.bytes[0] == 11 && got.identity.n == 2);
	assert(got.identity.answers[0] == POLICY_SAYS_ALLOW);
	assert(got.identity.answers[1] == POLICY_SAYS_UNDECIDED);
	assert(got.identity.listing == POLICY_SAYS_DENY && got.identity.now_s == 1234);
	assert(span_equal(got.identity.policy, sent.identity.policy));
	assert(span_equal(got.identity.source, sent.identity.source));
	assert(span_equal(got.identity.referer, sent.identity.referer));
	assert(span_equal(got.identity.user_agent, sent.identity.user_agent));
	assert(got.request.dialect == S3_DIALECT_REST);
	assert(got.request.operation == S3_UPLOAD_PART_COPY);
	assert(span_equal(got.request.key, sent.request.key));
	assert(span_equal(got.request.source_key, SPAN("..")));
	assert(span_is_none(got.request.source_version));
	assert(span_equal(got.request.attributes, sent.request.attributes));
	assert(got.request.length == 12345 && got.request.payload == S3_PAYLOAD_SIGNED);
	assert(checksum_equal(&got.request.checksum, &sent.request.checksum));
	assert(span_equal(got.request.headers[S3_HEADER_RANGE], SPAN("header value")));
	assert(!span_is_none(got.request.params[S3_PARAM_PREFIX]));
	assert(span_is_none(got.request.headers[S3_HEADER_AUTHORIZATION]));
	assert(span_is_none(got.request.headers[S3_HEADER_AMZ_SECURITY_TOKEN]));
	assert(span_is_none(got.request.params[S3_PARAM_AMZ_SIGNATURE]));
	assert(span_is_none(got.request.params[S3_PARAM_SIGNATURE]));
	buffer_clear(&attributes);
	buffer_clear(&b);
}

static void test_t71_cut_or_longer_bytes_are_no_grant(void)
{
	struct buffer attributes = BUFFER_INIT(1000), b = BUFFER_INIT(IPC_GRANT_MAX);
	struct grant sent = full_grant(&attributes), got;
	uint8_t *exact;

	grant_encode(&sent, &b);
	for (size_t len = 0; len < b.len; len++) {
		exact = malloc(len + 1);
		memcpy(exact, b.data, len);
		assert(!grant_decode((struct span){ exact, len }, &got));
		free(exact);
	}
	buffer_append_byte(&b, 0);
	assert(!grant_decode(buffer_span(&b), &got));
	buffer_clear(&attributes);
	buffer_clear(&b);
}

/* The seal keeps damage out; should it ever fail to, decoding still never leaves its bounds. */
static void test_t71_damaged_grants_stay_in_bounds(void)
{
	struct buffer attributes = BUFFER_INIT(1000), b = BUFFER_INIT(IPC_GRANT_MAX);
	struct grant sent = full_grant(&attributes), got;

	grant_encode(&sent, &b);
	for (size_t bit = 0; bit < b.len * 8; bit++) {
		b.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
		if (grant_decode(buffer_span(&b), &got)) {
			assert(got.request.operation < S3_OPERATION_COUNT);
			assert(got.request.checksum.algorithm < CHECKSUM_COUNT);
			assert(pairs_are_whole(got.request.attributes));
			assert(got.identity.n <= POLICY_NEEDS_MAX);
			assert(got.identity.answers[0] <= POLICY_SAYS_DENY);
			assert(got.identity.listing <= POLICY_SAYS_DENY);
		}
		b.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	buffer_clear(&attributes);
	buffer_clear(&b);
}

static void test_seals_and_tickets_travel_whole(void)
{
	struct chain_seal sent = { .grant = { { 1 } }, .channel = { { 2 } }, .length = 3,
				   .trailer = SPAN("AAAAAA==") }, got;
	struct ticket ticket = { { { 9 } } }, shown;
	struct buffer b = BUFFER_INIT(1000);

	chain_seal_encode(&sent, &b);
	assert(chain_seal_decode(buffer_span(&b), &got));
	assert(ipc_id_equal(&got.grant, &sent.grant) && ipc_id_equal(&got.channel, &sent.channel));
	assert(got.length == 3 && span_equal(got.trailer, sent.trailer));
	for (size_t len = 0; len < b.len; len++)
		assert(!chain_seal_decode(span_first(buffer_span(&b), len), &got));
	buffer_reset(&b);
	ticket_encode(&ticket, &b);
	assert(ticket_decode(buffer_span(&b), &shown));
	assert(ipc_id_equal(&ticket.channel, &shown.channel));
	assert(!ticket_decode(span_first(buffer_span(&b), 15), &shown));
	buffer_clear(&b);
}

int main(void)
{
	test_the_whole_request_travels_except_credentials();
	test_t71_cut_or_longer_bytes_are_no_grant();
	test_t71_damaged_grants_stay_in_bounds();
	test_seals_and_tickets_travel_whole();
	return 0;
}
