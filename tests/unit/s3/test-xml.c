/* SPDX-License-Identifier: Apache-2.0 */
#include "s3/xml.h"

#undef NDEBUG
#include <assert.h>

static bool writes(struct span s, const char *expected)
{
	_cleanup_(buffer_clear) struct buffer b = BUFFER_INIT(4096);

	xml_text(&b, s);
	return !buffer_error(&b) && span_equal(buffer_span(&b), span_from_string(expected));
}

static void test_markup_is_escaped(void)
{
	assert(writes(SPAN(""), ""));
	assert(writes(SPAN("plain \xc3\xa4"), "plain \xc3\xa4"));
	assert(writes(SPAN("a<b>&\"c\"'"), "a&lt;b&gt;&amp;&quot;c&quot;'"));
	assert(writes(SPAN("&amp;"), "&amp;amp;"));
	assert(writes(SPAN("]]>"), "]]&gt;"));
	assert(writes(SPAN("<"), "&lt;"));
}

static bool writes_exactly(struct span s, const char *expected)
{
	_cleanup_(buffer_clear) struct buffer b = BUFFER_INIT(4096);

	xml_text_exact(&b, s);
	return span_equal(buffer_span(&b), span_from_string(expected));
}

static void test_what_xml_cannot_hold_is_replaced_or_becomes_a_reference(void)
{
	assert(writes(SPAN("a\x01"
			   "b\x1f"),
		      "a\xef\xbf\xbd"
		      "b\xef\xbf\xbd"));
	assert(writes_exactly(SPAN("a\x01"
				   "b\x1f"),
			      "a&#x1;b&#x1F;"));
	assert(writes(SPAN("\0"), "\xef\xbf\xbd") && writes_exactly(SPAN("\0"), "&#x0;"));
	assert(writes(SPAN("\r\n\t"), "&#xD;\n\t") && writes_exactly(SPAN("\r\n\t"), "&#xD;\n\t"));
	assert(writes(SPAN("\xef\xbf\xbe"
			   "a"),
		      "\xef\xbf\xbd"
		      "a"));
	assert(writes_exactly(SPAN("\xef\xbf\xbe"
				   "a\xef\xbf\xbf"),
			      "&#xFFFE;a&#xFFFF;"));
	assert(writes(SPAN("\xef\xbf\xbd\x7f"), "\xef\xbf\xbd\x7f"));
	assert(writes(SPAN("\xf0\x9f\x98\x80"), "\xf0\x9f\x98\x80"));
}

static void test_bytes_that_are_no_text_are_replaced(void)
{
	assert(writes(SPAN("a\xff<"), "a\xef\xbf\xbd&lt;"));
	assert(writes(SPAN("\xc3"), "\xef\xbf\xbd"));
	assert(writes(SPAN("\xc0\xaf"), "\xef\xbf\xbd\xef\xbf\xbd"));
	assert(writes(SPAN("\xed\xa0\x80"), "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"));
	assert(writes_exactly(SPAN("\xc3\xa4\xff\xef\xbf\xbf"), "\xc3\xa4\xef\xbf\xbd&#xFFFF;"));
}

static void test_elements(void)
{
	_cleanup_(buffer_clear) struct buffer b = BUFFER_INIT(4096);

	xml_open(&b, "A");
	xml_element(&b, "K", SPAN("<"));
	xml_element_string(&b, "S", "x");
	xml_element_u64(&b, "N", UINT64_MAX);
	xml_element_bool(&b, "T", true);
	xml_element_bool(&b, "F", false);
	xml_element(&b, "E", SPAN_NONE);
	xml_close(&b, "A");
	assert(span_equal(buffer_span(&b),
			  SPAN("<A><K>&lt;</K><S>x</S><N>18446744073709551615</N><T>true</T>"
			       "<F>false</F><E></E></A>")));
}

int main(void)
{
	test_markup_is_escaped();
	test_what_xml_cannot_hold_is_replaced_or_becomes_a_reference();
	test_bytes_that_are_no_text_are_replaced();
	test_elements();
	return 0;
}
