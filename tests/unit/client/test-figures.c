/* SPDX-License-Identifier: Apache-2.0 */
#include "client/figures.h"

#include "answerer.h"

#define BODY "# HELP coffer_tenants x.\ncoffer_authd_tenants 3\n"

static int ask(const char *answer, struct buffer *ret)
{
	pid_t pid = answerer_start("m", answer);
	int r;

	*ret = BUFFER_INIT(FIGURES_MAX);
	r = figures_read("m", ret);
	answerer_stop(pid);
	return r;
}

static void test_the_body_of_an_answer_is_taken(void)
{
	char *page = answerer_page(BODY);
	struct buffer text;

	assert(ask(page, &text) == 0);
	assert(span_equal(buffer_span(&text), SPAN(BODY)));
	buffer_clear(&text);
	free(page);
}

static void test_what_is_no_whole_answer_is_none(void)
{
	static const struct {
		const char *answer;
		int r;
	} cases[] = {
		{ "", -EACCES },
		{ "HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n", -EACCES },
		{ "HTTP/1.1 500 Oh\r\nContent-Length: 0\r\n\r\n", -EPROTO },
		{ "HTTP/1.1 200 OK\r\n\r\n" BODY, -EPROTO },
		{ "HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n123456", -EPROTO },
		{ "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n123456", -EPROTO },
		{ "HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n", -EPROTO },
		{ "HTTP/1.1 200 OK\r\nContent-Length: 7\r\n", -EPROTO },
		{ "HTTP/1.1 200 OK", -EPROTO },
		{ "SSH-2.0-x\r\n", -EPROTO },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct buffer text;

		assert(ask(cases[i].answer, &text) == cases[i].r);
		assert(!text.len);
		buffer_clear(&text);
	}
}

static void test_nobody_there_is_said(void)
{
	struct buffer text = BUFFER_INIT(FIGURES_MAX);

	assert(figures_read("nobody", &text) == -ENOENT);
}

static void test_figures_are_read_and_all_else_is_passed_over(void)
{
	static const char text[] =
		"# TYPE coffer_authd_tenants gauge\n"
		"coffer_authd_tenants 3\n"
		"coffer_something_else 4\n"
		"coffer_request_seconds_count{operation=\"GetObject\"} 5\n"
		"coffer_request_seconds_sum{operation=\"GetObject\"} 0.5\n"
		"coffer_request_seconds_bucket{operation=\"GetObject\",le=\"0.001\"} 2\n"
		"coffer_start_time_seconds{daemon=\"stored\"} 1700000000.25\n"
		"coffer_requests_total{operation=\"GetObject\",dialect=\"s3\",status=\"2xx\"} 17\n"
		"\n"
		" \n"
		"coffer_authd_tokens\n"
		"coffer_authd_tokens -1\n"
		"coffer_authd_tokens 99999999999999999999999\n"
		"coffer_up{daemon=\"authd\" 1\n"
		"coffer_authd_access_keys 6";
	struct span rest = SPAN(text);
	struct figure f;

	assert(figures_next(&rest, &f) && f.metric == METRIC_TENANTS && f.value == 3);
	assert(span_is_none(figure_label(&f, "daemon")));
	assert(figures_next(&rest, &f) && f.metric == METRIC_REQUEST_TIME && f.value == 2);
	assert(figure_has(&f, "operation", "GetObject") && figure_has(&f, "le", "0.001"));
	assert(figures_next(&rest, &f) && f.metric == METRIC_START_TIME && f.value == 1700000000);
	assert(figure_has(&f, "daemon", "stored") && !figure_has(&f, "daemon", "store"));
	assert(figures_next(&rest, &f) && f.metric == METRIC_REQUESTS && f.value == 17);
	assert(figure_has(&f, "dialect", "s3") && figure_has(&f, "status", "2xx"));
	assert(!figure_has(&f, "stat", "2xx") && !figure_has(&f, "status", "3xx"));
	assert(figures_next(&rest, &f) && f.metric == METRIC_KEYS && f.value == 6);
	assert(!figures_next(&rest, &f));
}

static void test_labels_that_are_none_have_no_value(void)
{
	static const char *const labels[] = {
		"a", "a=", "a=b", "a=\"b", "=\"", "\"\"", ",a=\"b\""
	};

	for (size_t i = 0; i < ARRAY_SIZE(labels); i++) {
		struct figure f = { .labels = span_from_string(labels[i]) };

		assert(span_is_none(figure_label(&f, "a")));
	}
}

int main(void)
{
	struct scratch s = scratch_make();

	test_the_body_of_an_answer_is_taken();
	test_what_is_no_whole_answer_is_none();
	test_nobody_there_is_said();
	test_figures_are_read_and_all_else_is_passed_over();
	test_labels_that_are_none_have_no_value();
	scratch_clear(&s);
	return 0;
}
