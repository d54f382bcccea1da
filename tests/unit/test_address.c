/* SPDX-License-Identifier: ISC */
/*
 * Addresses and networks: spellings, masks, and the table of what nobody may lease, each row at both its ends.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

#include "lib/address.h"
#include "tap.h"

static const struct {
	const char	*text;
	const char	*spelling;	/* NULL: refused */
} addresses[] = {
	{ "192.0.2.1", "192.0.2.1" },
	{ "0.0.0.0", "0.0.0.0" },
	{ "255.255.255.255", "255.255.255.255" },
	{ "2001:DB8:0:0:0:0:0:1", "2001:db8::1" },
	{ "2001:0db8::0001", "2001:db8::1" },
	{ "2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1" },
	{ "2001:0:0:1:0:0:0:1", "2001:0:0:1::1" },
	{ "::", "::" },
	{ "::1", "::1" },
	{ "::ffff:192.0.2.1", "192.0.2.1" },
	{ "::FFFF:c000:201", "192.0.2.1" },
	{ "0:0:0:0:0:ffff:7f00:1", "127.0.0.1" },
	{ "::fffe:c000:201", "::fffe:c000:201" },
	{ "64:ff9b::192.0.2.1", "64:ff9b::c000:201" },
	{ "", NULL },
	{ " 192.0.2.1", NULL },
	{ "192.0.2.1 ", NULL },
	{ "192.0.2", NULL },
	{ "192.0.2.1.", NULL },
	{ "192.0.2.1.1", NULL },
	{ "192.0.2.256", NULL },
	{ "192.0.02.1", NULL },
	{ "010.1.1.1", NULL },
	{ "0x7f.0.0.1", NULL },
	{ "2130706433", NULL },
	{ "192.0.2.-1", NULL },
	{ "192.0.2.1\n", NULL },
	{ "192.0.2.1/32", NULL },
	{ "fe80::1%eth0", NULL },
	{ "fe80::1%1", NULL },
	{ "[2001:db8::1]", NULL },
	{ "2001:db8::1::2", NULL },
	{ "2001:db8", NULL },
	{ "2001:db8:00000::1", NULL },
	{ "::ffff:010.0.0.1", NULL },
	{ "::ffff:192.0.2", NULL },
	{ "1:2:3:4:5:6:7:8:9", NULL },
	{ ":::", NULL },
	{ "g::1", NULL },
	{ "none", NULL },
	{ "localhost", NULL },
};

static const struct {
	const char	*text;
	const char	*spelling;
} nets[] = {
	{ "10.0.0.0/8", "10.0.0.0/8" },
	{ "0.0.0.0/0", "0.0.0.0/0" },
	{ "192.0.2.1", "192.0.2.1/32" },
	{ "192.0.2.1/32", "192.0.2.1/32" },
	{ "192.0.2.128/25", "192.0.2.128/25" },
	{ "::/0", "::/0" },
	{ "2001:db8::/32", "2001:db8::/32" },
	{ "2001:db8::1", "2001:db8::1/128" },
	{ "2001:db8::8000/113", "2001:db8::8000/113" },
	{ "::ffff:192.0.2.1", "192.0.2.1/32" },
	{ "2001:db8:1111:2222:3333:4444:5555:6666/128", "2001:db8:1111:2222:3333:4444:5555:6666/128" },
	{ "::ffff:10.0.0.0/104", NULL },
	{ "::ffff:10.0.0.0/8", NULL },
	{ "10.0.0.1/8", NULL },
	{ "192.0.2.129/25", NULL },
	{ "192.0.2.64/25", NULL },
	{ "2001:db8::1/64", NULL },
	{ "10.0.0.0/33", NULL },
	{ "::/129", NULL },
	{ "::/256", NULL },
	{ "::/0128", NULL },
	{ "10.0.0.0/", NULL },
	{ "10.0.0.0/08", NULL },
	{ "0.0.0.0/00", NULL },
	{ "10.0.0.0/+8", NULL },
	{ "10.0.0.0/ 8", NULL },
	{ "10.0.0.0/-1", NULL },
	{ "10.0.0.0/8/8", NULL },
	{ "10.0.0.0/255.0.0.0", NULL },
	{ "10/8", NULL },
	{ "/8", NULL },
	{ "", NULL },
};

static const struct {
	const char	*first, *last;
	const char	*reason;
	bool		 never;		/* not even when the configuration allows it */
	const char	*before, *after; /* neighbours that may be leased, or NULL */
} refused[] = {
	{ "0.0.0.0", "0.0.0.0", "unspecified", true, NULL, NULL },
	{ "0.0.0.1", "0.255.255.255", "this network", false, NULL, "1.0.0.0" },
	{ "10.0.0.0", "10.255.255.255", "private", false, "9.255.255.255", "11.0.0.0" },
	{ "100.64.0.0", "100.127.255.255", "shared", false, "100.63.255.255", "100.128.0.0" },
	{ "127.0.0.0", "127.255.255.255", "loopback", false, "126.255.255.255", "128.0.0.0" },
	{ "169.254.0.0", "169.254.255.255", "link-local", false, "169.253.255.255", "169.255.0.0" },
	{ "172.16.0.0", "172.31.255.255", "private", false, "172.15.255.255", "172.32.0.0" },
	{ "192.0.0.0", "192.0.0.255", "protocol assignments", false, "191.255.255.255", "192.0.1.0" },
	{ "192.0.2.0", "192.0.2.255", "documentation", false, "192.0.1.255", "192.0.3.0" },
	{ "192.31.196.0", "192.31.196.255", "AS112", false, "192.31.195.255", "192.31.197.0" },
	{ "192.52.193.0", "192.52.193.255", "AMT", false, "192.52.192.255", "192.52.194.0" },
	{ "192.88.99.0", "192.88.99.255", "6to4 relay", false, "192.88.98.255", "192.88.100.0" },
	{ "192.168.0.0", "192.168.255.255", "private", false, "192.167.255.255", "192.169.0.0" },
	{ "192.175.48.0", "192.175.48.255", "AS112", false, "192.175.47.255", "192.175.49.0" },
	{ "198.18.0.0", "198.19.255.255", "benchmarking", false, "198.17.255.255", "198.20.0.0" },
	{ "198.51.100.0", "198.51.100.255", "documentation", false, "198.51.99.255", "198.51.101.0" },
	{ "203.0.113.0", "203.0.113.255", "documentation", false, "203.0.112.255", "203.0.114.0" },
	{ "224.0.0.0", "239.255.255.255", "multicast", true, "223.255.255.255", NULL },
	{ "240.0.0.0", "255.255.255.254", "reserved", false, NULL, NULL },
	{ "255.255.255.255", "255.255.255.255", "broadcast", true, NULL, NULL },
	{ "::ffff:127.0.0.1", "::ffff:127.0.0.1", "loopback", false, NULL, NULL },
	{ "::ffff:10.0.0.1", "::ffff:10.0.0.1", "private", false, NULL, NULL },
	{ "::", "::", "unspecified", true, NULL, NULL },
	{ "::1", "::1", "loopback", false, NULL, NULL },
	{ "::2", "::ffff:ffff", "IPv4-compatible", false, NULL, NULL },
	{ "::1:0:0", "::fffe:ffff:ffff", "not global unicast", false, NULL, NULL },
	{ "::1:0:0:0", "64:ff9a:ffff:ffff:ffff:ffff:ffff:ffff", "not global unicast", false, NULL, NULL },
	{ "64:ff9b::", "64:ff9b::ffff:ffff", "NAT64", false, NULL, NULL },
	{ "64:ff9b::1:0:0", "64:ff9b:0:ffff:ffff:ffff:ffff:ffff", "not global unicast", false, NULL, NULL },
	{ "64:ff9b:1::", "64:ff9b:1:ffff:ffff:ffff:ffff:ffff", "NAT64", false, NULL, NULL },
	{ "100::", "100::ffff:ffff:ffff:ffff", "discard-only", false, NULL, NULL },
	{ "64:ff9b:2::", "64:ff9b:2::", "not global unicast", false, NULL, NULL },
	{ "100:0:0:1::", "1fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "not global unicast", false, NULL, "2000::" },
	{ "2001::", "2001:0:ffff:ffff:ffff:ffff:ffff:ffff", "Teredo", false, "2000:ffff::", NULL },
	{ "2001:1::", "2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff", "protocol assignments", false, NULL, "2001:200::" },
	{ "2001:db8::", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", "documentation", false, "2001:db7:ffff::",
	    "2001:db9::" },
	{ "2002::", "2002:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "6to4", false, "2001:ffff::", "2003::" },
	{ "2620:4f:8000::", "2620:4f:8000:ffff:ffff:ffff:ffff:ffff", "AS112", false, "2620:4f:7fff::",
	    "2620:4f:8001::" },
	{ "3fff::", "3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff", "documentation", false, "3ffe:ffff::", "3fff:1000::" },
	{ "4000::", "7fff:ffff::", "not global unicast", false, "3fff:ffff::", NULL },
	{ "8000::", "fbff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "not global unicast", false, NULL, NULL },
	{ "fc00::", "fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "private", false, NULL, NULL },
	{ "fe00::", "fe7f:ffff::", "not global unicast", false, NULL, NULL },
	{ "fe80::", "febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "link-local", false, NULL, NULL },
	{ "fec0::", "feff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "site-local", false, NULL, NULL },
	{ "ff00::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "multicast", true, NULL, NULL },
};

static struct address
parse(const char *text)
{
	struct address a;

	if (address_parse(text, &a) != ST_OK)
		printf("# does not parse: %s\n", text);
	return a;
}

static void
test_addresses(void)
{
	char text[ADDRESS_TEXT];
	struct address a, again;
	enum status st;
	size_t i;

	for (i = 0; i < COUNT(addresses); i++) {
		memset(&a, 0xaa, sizeof(a));
		st = address_parse(addresses[i].text, &a);
		if (addresses[i].spelling == NULL) {
			ok(st == ST_INVALID && a.family == 0, "\"%.*s\" is no address",
			    (int)strcspn(addresses[i].text, "\n"), addresses[i].text);
			continue;
		}
		ok(st == ST_OK && strcmp(address_text(&a, text), addresses[i].spelling) == 0, "%s is %s",
		    addresses[i].text, addresses[i].spelling);
		ok(address_parse(text, &again) == ST_OK && address_equal(&a, &again) &&
		    memcmp(&a, &again, sizeof(a)) == 0, "%s comes back the same", text);
	}
	a = (struct address){ .family = 0 };
	ok(strcmp(address_text(&a, text), "none") == 0, "no address is spelt none");
	a = parse("192.0.2.1");
	again = parse("192.0.2.2");
	ok(!address_equal(&a, &again), "two addresses differ in the last byte");
	again = (struct address){ .family = 6, .bytes = { 192, 0, 2, 1 } };
	ok(!address_equal(&a, &again), "two addresses differ in family");
	a = parse("2001:db8::1");
	again = parse("2001:db8::2");
	ok(!address_equal(&a, &again), "two IPv6 addresses differ in the last byte");
}

static void
test_sockets(void)
{
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_port = 99 };
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6, .sin6_scope_id = 7 };
	struct sockaddr other = { .sa_family = AF_UNIX };
	char text[ADDRESS_TEXT];
	struct address a;

	inet_pton(AF_INET, "198.51.100.7", &in.sin_addr);
	address_from_socket((const struct sockaddr *)&in, &a);
	ok(strcmp(address_text(&a, text), "198.51.100.7") == 0, "an IPv4 socket");
	inet_pton(AF_INET6, "2001:db8::7", &in6.sin6_addr);
	address_from_socket((const struct sockaddr *)&in6, &a);
	ok(strcmp(address_text(&a, text), "2001:db8::7") == 0, "an IPv6 socket");
	inet_pton(AF_INET6, "::ffff:198.51.100.7", &in6.sin6_addr);
	address_from_socket((const struct sockaddr *)&in6, &a);
	ok(a.family == 4 && strcmp(address_text(&a, text), "198.51.100.7") == 0, "IPv4 on an IPv6 socket is IPv4");
	address_from_socket(&other, &a);
	ok(a.family == 0, "another kind of socket has none");
}

static void
test_networks(void)
{
	char text[NETWORK_TEXT];
	struct network net;
	enum status st;
	size_t i;

	for (i = 0; i < COUNT(nets); i++) {
		memset(&net, 0xaa, sizeof(net));
		st = network_parse(nets[i].text, &net);
		if (nets[i].spelling == NULL)
			ok(st == ST_INVALID && net.base.family == 0, "\"%s\" is no network", nets[i].text);
		else
			ok(st == ST_OK && strcmp(network_text(&net, text), nets[i].spelling) == 0, "%s is %s",
			    nets[i].text, nets[i].spelling);
	}
}

static void
test_lists(void)
{
	struct networks list;
	struct address a;
	char text[400] = "";
	size_t i;

	ok(networks_parse("", &list) == ST_OK && list.n == 0, "an empty list");
	ok(networks_parse(" , ", &list) == ST_OK && list.n == 0, "a list of separators");
	ok(networks_parse("10.0.0.0/8,2001:db8::/32\t192.0.2.1 , 198.51.100.0/24", &list) == ST_OK && list.n == 4,
	    "blanks and commas separate");
	a = parse("198.51.100.9");
	ok(networks_have(&list, &a), "the last of a list counts");
	a = parse("2001:db8:1::");
	ok(networks_have(&list, &a), "IPv6 in a list");
	a = parse("11.0.0.1");
	ok(!networks_have(&list, &a), "an address that no network holds");
	a = (struct address){ .family = 0 };
	ok(!networks_have(&list, &a), "no address is in no network");
	ok(networks_parse("10.0.0.0/8 nonsense", &list) == ST_INVALID && list.n == 0, "one wrong one spoils the list");
	for (i = 0; i < NETWORKS_MAX; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "192.0.2.%zu ", i);
	ok(networks_parse(text, &list) == ST_OK && list.n == NETWORKS_MAX, "as many as there is room for");
	strcat(text, "192.0.2.99");
	ok(networks_parse(text, &list) == ST_INVALID && list.n == 0, "one too many");
	memset(text, '1', 399);
	text[399] = '\0';
	ok(networks_parse(text, &list) == ST_INVALID, "a word of 399 bytes");
}

static void
test_around(void)
{
	char text[NETWORK_TEXT];
	struct network net;
	struct address a = parse("203.0.113.255"), six = parse("2001:db8:1:2:ffff::1"), none = { .family = 0 };

	network_around(&a, 25, &net);
	ok(strcmp(network_text(&net, text), "203.0.113.128/25") == 0, "a /25 around");
	ok(network_has(&net, &a), "a network has what it was made around");
	network_around(&a, 0, &net);
	ok(strcmp(network_text(&net, text), "0.0.0.0/0") == 0, "all of IPv4");
	ok(!network_has(&net, &six), "all of IPv4 has no IPv6");
	network_around(&a, 64, &net);
	ok(strcmp(network_text(&net, text), "203.0.113.255/32") == 0, "more bits than there are");
	network_around(&six, 64, &net);
	ok(strcmp(network_text(&net, text), "2001:db8:1:2::/64") == 0, "a /64 around");
	network_around(&six, 300, &net);
	ok(net.bits == 128 && address_equal(&net.base, &six), "300 bits are 128");
	network_around(&none, 24, &net);
	ok(net.base.family == 0 && strcmp(network_text(&net, text), "none") == 0, "nothing around nothing");
	ok(!network_has(&net, &none), "which has not even that");
}

static void
test_refusals(void)
{
	struct networks all = { .n = 0 }, loopback, none = { .n = 0 };
	struct address a;
	const char *why;
	size_t i, j;

	networks_parse("0.0.0.0/0 ::/0", &all);
	networks_parse("127.0.0.0/8", &loopback);
	for (i = 0; i < COUNT(refused); i++) {
		for (j = 0; j < 2; j++) {
			a = parse(j == 0 ? refused[i].first : refused[i].last);
			why = address_refusal(&a, &none);
			ok(why != NULL && strcmp(why, refused[i].reason) == 0, "%s: %s",
			    j == 0 ? refused[i].first : refused[i].last, refused[i].reason);
			why = address_refusal(&a, &all);
			ok((why != NULL) == refused[i].never, "%s, when all is allowed",
			    j == 0 ? refused[i].first : refused[i].last);
		}
		for (j = 0; j < 2; j++) {
			const char *near = j == 0 ? refused[i].before : refused[i].after;

			if (near == NULL)
				continue;
			a = parse(near);
			ok(address_refusal(&a, &none) == NULL, "%s may be leased", near);
		}
	}
	a = parse("127.0.0.9");
	ok(address_refusal(&a, &loopback) == NULL, "loopback, when it is allowed");
	a = parse("10.0.0.9");
	ok(address_refusal(&a, &loopback) != NULL, "private, when only loopback is allowed");
	ok(address_refusal(&a, NULL) != NULL, "no list of allowed ones");
	a = (struct address){ .family = 6, .bytes = { [10] = 0xff, [11] = 0xff, 8, 8, 8, 8 } };
	ok(address_refusal(&a, &all) != NULL, "a mapped address that was never unmapped");
	a.bytes[12] = 200;
	ok(address_refusal(&a, &all) != NULL, "and one in the upper half of them");
	a = (struct address){ .family = 0 };
	ok(address_refusal(&a, &all) != NULL, "no address");
	a = (struct address){ .family = 9, .bytes = { 8 } };
	ok(address_refusal(&a, &all) != NULL, "an unknown family");
}

int
main(void)
{
	test_addresses();
	test_sockets();
	test_networks();
	test_lists();
	test_around();
	test_refusals();
	return done_testing();
}
