/* SPDX-License-Identifier: Apache-2.0 */

/* What an answer that is an error looks like in the S3 dialect, to the byte. */

#include "render-scene.h"

#define IDS  "x-amz-request-id: R\nx-amz-id-2: H\nServer: Coffer\nX-Content-Type-Options: nosniff\n"
#define TAIL "<RequestId>R</RequestId><HostId>H</HostId></Error>"

static void refuse(enum s3_error error, bool understood, const char *fields, const char *body)
{
	struct render_error in = { .error = error,
				   .target = SPAN("/raw/%3Cpath%3E?x=y"),
				   .request = understood ? &request : NULL,
				   .answer = &answer,
				   .ids = { "R", "H" } };

	render_error(&in, &reply);
	check(s3_errors[error].status, fields, body);
}

static void test_error_before_the_request_is_understood(void)
{
	begin(S3_GET_OBJECT);
	refuse(S3_ERROR_ACCESS_DENIED, false, IDS TYPE,
	       XML "<Error><Code>AccessDenied</Code><Message>Access Denied</Message>"
		   "<Resource>/raw/%3Cpath%3E</Resource>" TAIL);
}

static void test_error_names_what_it_is_about(void)
{
	begin(S3_GET_OBJECT);
	refuse(S3_ERROR_NO_SUCH_KEY, true, IDS TYPE,
	       XML
	       "<Error><Code>NoSuchKey</Code><Message>The specified key does not exist.</Message>"
	       "<Key>a key</Key><Resource>/bucket/a key</Resource>" TAIL);
	request.key = SPAN_NONE;
	refuse(S3_ERROR_NO_SUCH_BUCKET, true, IDS TYPE,
	       XML "<Error><Code>NoSuchBucket</Code>"
		   "<Message>The specified bucket does not exist</Message>"
		   "<BucketName>bucket</BucketName><Resource>/bucket</Resource>" TAIL);
}

static void test_what_a_copy_does_not_find_is_its_source(void)
{
	begin(S3_COPY_OBJECT);
	request.source_bucket = SPAN("source");
	request.source_key = SPAN("its key");
	refuse(S3_ERROR_NO_SUCH_KEY, true, IDS TYPE,
	       XML
	       "<Error><Code>NoSuchKey</Code><Message>The specified key does not exist.</Message>"
	       "<Key>its key</Key><Resource>/bucket/a key</Resource>" TAIL);
	refuse(S3_ERROR_NO_SUCH_BUCKET, true, IDS TYPE,
	       XML "<Error><Code>NoSuchBucket</Code>"
		   "<Message>The specified bucket does not exist</Message>"
		   "<BucketName>bucket</BucketName><Resource>/bucket/a key</Resource>" TAIL);
	answer.bucket = SPAN("source");
	refuse(S3_ERROR_NO_SUCH_BUCKET, true, IDS TYPE,
	       XML "<Error><Code>NoSuchBucket</Code>"
		   "<Message>The specified bucket does not exist</Message>"
		   "<BucketName>source</BucketName><Resource>/bucket/a key</Resource>" TAIL);
}

static void test_error_of_a_range_tells_the_size(void)
{
	begin(S3_GET_OBJECT);
	request.headers[S3_HEADER_RANGE] = SPAN("bytes=200-");
	answer.size = 100;
	refuse(S3_ERROR_INVALID_RANGE, true, IDS "Content-Range: bytes */100\n" TYPE,
	       XML
	       "<Error><Code>InvalidRange</Code>"
	       "<Message>The requested range is not satisfiable</Message>"
	       "<RangeRequested>bytes=200-</RangeRequested>"
	       "<ActualObjectSize>100</ActualObjectSize><Resource>/bucket/a key</Resource>" TAIL);
}

static void test_error_of_a_condition_names_it(void)
{
	begin(S3_GET_OBJECT);
	request.headers[S3_HEADER_IF_MATCH] = SPAN("\"x\"");
	refuse(S3_ERROR_PRECONDITION_FAILED, true, IDS TYPE,
	       XML
	       "<Error><Code>PreconditionFailed</Code><Message>At least one of the preconditions "
	       "that you specified did not hold.</Message><Condition>If-Match</Condition>"
	       "<Resource>/bucket/a key</Resource>" TAIL);
}

static void test_not_modified_has_no_document(void)
{
	begin(S3_GET_OBJECT);
	date_and_tag(&answer);
	answer.size = 100;
	refuse(S3_ERROR_NOT_MODIFIED, true,
	       IDS "Last-Modified: Tue, 14 Nov 2023 22:13:20 GMT\nETag: \"" ETAG "\"\n", "");
	assert(reply.length == 100);
}

static void test_unavailable_says_when_to_come_again(void)
{
	begin(S3_GET_OBJECT);
	refuse(S3_ERROR_SERVICE_UNAVAILABLE, false, IDS "Retry-After: 1\n" TYPE,
	       XML
	       "<Error><Code>ServiceUnavailable</Code><Message>Reduce your request rate.</Message>"
	       "<Resource>/raw/%3Cpath%3E</Resource>" TAIL);
}

/* No row without a renderer compiles; none crashes on an answer that says nothing, either. */
static void test_every_operation_renders_an_empty_answer(void)
{
	for (enum s3_operation o = 0; o < S3_OPERATION_COUNT; o++) {
		begin(o);
		render_operation(&(struct render){ &request, &answer, SPAN_NONE }, &reply);
		assert(reply_error(&reply) == 0 && reply.status >= 200 && reply.status < 300);
	}
}

static void test_every_error_renders(void)
{
	for (enum s3_error e = 1; e < S3_ERROR_COUNT; e++) {
		struct render_error in = {
			.error = e, .request = &request, .answer = &answer, .ids = { "R", "H" }
		};

		begin(S3_PUT_OBJECT);
		render_error(&in, &reply);
		assert(reply_error(&reply) == 0 && reply.status == s3_errors[e].status);
	}
}

int main(void)
{
	test_error_before_the_request_is_understood();
	test_error_names_what_it_is_about();
	test_what_a_copy_does_not_find_is_its_source();
	test_error_of_a_range_tells_the_size();
	test_error_of_a_condition_names_it();
	test_not_modified_has_no_document();
	test_unavailable_says_when_to_come_again();
	test_every_operation_renders_an_empty_answer();
	test_every_error_renders();
	reply_clear(&reply);
	buffer_clear(&items);
	return 0;
}
