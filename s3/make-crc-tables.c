/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs while Coffer is built and prints the constants of crc.c. A value of w bits is a polynomial
 * whose coefficient of degree d is bit w - 1 - d (reflected), so a shift right multiplies by x.
 */
#include <inttypes.h>
#include <stdio.h>

struct polynomial {
	const char *name;
	unsigned int width;
	uint64_t reflected;
};

static const struct polynomial polynomials[] = {
	{ "CRC_32", 32, UINT64_C(0xedb88320) },
	{ "CRC_32C", 32, UINT64_C(0x82f63b78) },
	{ "CRC_64NVME", 64, UINT64_C(0x9a6c9329ac4bc9b5) },
};

static uint64_t times_x(const struct polynomial *p, uint64_t value)
{
	return value >> 1 ^ (value & 1 ? p->reflected : 0);
}

/* x to the n, modulo the polynomial, placed in 64 bits. */
static uint64_t power_of_x(const struct polynomial *p, unsigned int n)
{
	uint64_t value = UINT64_C(1) << (p->width - 1);

	while (n--)
		value = times_x(p, value);
	return value << (64 - p->width);
}

/* rows[k][b] is the remainder of the byte b with k zero bytes behind it. */
static void print_rows(const struct polynomial *p)
{
	for (unsigned int k = 0; k < 8; k++) {
		printf("\t\t{");
		for (unsigned int b = 0; b < 256; b++) {
			uint64_t value = b;

			for (unsigned int i = 0; i < 8 * (k + 1); i++)
				value = times_x(p, value);
			printf("%s0x%" PRIx64 ",", b % 4 ? " " : "\n\t\t\t", value);
		}
		printf("\n\t\t},\n");
	}
}

/*
 * A product of two 64-bit reflected values stands one place too far down, which is why there is one
 * power less: the first half of a 128-bit block moves by its own 64 bits more than the second.
 */
static void print_fold(const struct polynomial *p, const char *name, unsigned int bits)
{
	printf("\t\t.%s = { 0x%" PRIx64 ", 0x%" PRIx64 " },\n", name, power_of_x(p, bits + 64 - 1),
	       power_of_x(p, bits - 1));
}

int main(void)
{
	printf("/* Made by make-crc-tables.c. */\n");
	printf("static const struct crc_table crc_tables[CRC_COUNT] = {\n");
	for (unsigned int i = 0; i < sizeof(polynomials) / sizeof(polynomials[0]); i++) {
		const struct polynomial *p = &polynomials[i];

		printf("\t[%s] = {\n\t\t.width = %u,\n\t\t.polynomial = 0x%" PRIx64 ",\n", p->name,
		       p->width, p->reflected);
		print_fold(p, "fold_64_bytes", 512);
		print_fold(p, "fold_16_bytes", 128);
		printf("\t\t.rows = {\n");
		print_rows(p);
		printf("\t\t},\n\t},\n");
	}
	printf("};\n");
	return fflush(stdout) ? 1 : 0;
}
