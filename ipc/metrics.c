/* SPDX-License-Identifier: Apache-2.0 */
#include "ipc/metrics.h"

const struct metric_row metric_rows[METRIC_COUNT] = {
#define METRIC(SYMBOL, name, FROM, KIND, UNIT, labels, help)                                       \
	[METRIC_##SYMBOL] = { name, METRIC_FROM_##FROM, METRIC_KIND_##KIND, METRIC_UNIT_##UNIT,    \
			      labels, help },
	METRICS(METRIC)
#undef METRIC
};

size_t metric_label_count(enum metric m)
{
	struct span rest = span_from_string(metric_rows[m].labels), one;
	size_t n = 0;

	if (!rest.len)
		return 0;
	for (; !span_is_none(rest); n++)
		rest = span_cut(rest, ',', &one);
	return n;
}

size_t metric_value_count(enum metric m)
{
	return metric_is_histogram(m) ? meter_rows[metric_scale(m)].n + 2 : 1;
}
