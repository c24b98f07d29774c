/* SPDX-License-Identifier: Apache-2.0 */
#include "ipc/sample.h"

#include <assert.h>
#include <stdarg.h>

static void put_labels(struct buffer *b, enum metric m, va_list labels)
{
	const char *label;
	size_t n = 0;

	wire_put_u16(b, (uint16_t)m);
	for (; (label = va_arg(labels, const char *)); n++)
		wire_put_bytes(b, span_from_string(label));
	assert(n == metric_label_count(m));
}

void sample_put(struct buffer *b, enum metric m, uint64_t value, ...)
{
	va_list labels;

	assert(!metric_is_histogram(m));
	va_start(labels, value);
	put_labels(b, m, labels);
	va_end(labels);
	wire_put_u64(b, value);
}

void sample_put_meter(struct buffer *b, enum metric m, const struct meter *values, ...)
{
	struct sample s = { .metric = m };
	va_list labels;

	assert(metric_is_histogram(m));
	va_start(labels, values);
	put_labels(b, m, labels);
	va_end(labels);
	sample_read_meter(&s, values);
	for (size_t i = 0; i < metric_value_count(m); i++)
		wire_put_u64(b, s.values[i]);
}

void sample_read_meter(struct sample *s, const struct meter *m)
{
	size_t n = metric_value_count(s->metric);

	for (size_t i = 0; i + 1 < n; i++)
		s->values[i] = meter_read(&m->buckets[i]);
	s->values[n - 1] = meter_read(&m->sum);
}

int sample_next(struct span *rest, enum metric_from from, struct sample *ret)
{
	struct wire_reader r = wire_reader(*rest);
	struct sample s;

	if (!rest->len)
		return 0;
	s.metric = wire_get_u16(&r);
	if (r.failed || s.metric >= METRIC_COUNT || !(metric_rows[s.metric].from & from))
		return -EBADMSG;
	for (size_t i = 0; i < metric_label_count(s.metric); i++) {
		s.labels[i] = wire_get_bytes(&r, SAMPLE_LABEL_MAX);
		if (!span_is_utf8(s.labels[i]))
			return -EBADMSG;
	}
	for (size_t i = 0; i < metric_value_count(s.metric); i++)
		s.values[i] = wire_get_u64(&r);
	if (r.failed)
		return -EBADMSG;
	*rest = r.rest;
	*ret = s;
	return 1;
}
