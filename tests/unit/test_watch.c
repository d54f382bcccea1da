/* SPDX-License-Identifier: ISC */
/*
 * What of the kernel's messages counts as a change of addresses, and what the service manager's words mean.
 * links: client/watch.c client/machine.c client/spawn.c
 */
#include "tap.h"

#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <string.h>

#include "client/machine.h"
#include "client/watch.h"

struct wish {
	uint16_t	type;
	uint8_t		family, scope;
	uint32_t	link, flags;
	const char	*address;
};

/* Append an attribute. */
static void
put(struct nlmsghdr *h, uint16_t type, const void *bytes, size_t len)
{
	struct rtattr *a = (struct rtattr *)(void *)((char *)h + NLMSG_ALIGN(h->nlmsg_len));

	a->rta_type = type;
	a->rta_len = (uint16_t)RTA_LENGTH(len);
	memcpy(RTA_DATA(a), bytes, len);
	h->nlmsg_len = NLMSG_ALIGN(h->nlmsg_len) + (uint32_t)RTA_ALIGN(a->rta_len);
}

/* The message that the kernel sends; its length. */
static size_t
make(const struct wish *wish, void *buf, size_t size)
{
	struct nlmsghdr *h = buf;
	struct ifaddrmsg *m = NLMSG_DATA(h);
	struct address a;

	memset(buf, 0, size);
	h->nlmsg_type = wish->type;
	h->nlmsg_len = NLMSG_LENGTH(sizeof(*m));
	address_parse(wish->address, &a);
	m->ifa_family = wish->family;
	m->ifa_scope = wish->scope;
	m->ifa_index = wish->link;
	put(h, IFA_ADDRESS, a.bytes, a.family == 4 ? 4 : 16);
	if (a.family == 4)
		put(h, IFA_LOCAL, a.bytes, 4);
	put(h, IFA_FLAGS, &wish->flags, 4);
	return h->nlmsg_len;
}

static bool
take(struct watch *w, const struct wish *wish)
{
	_Alignas(struct nlmsghdr) char buf[200];
	size_t len = make(wish, buf, sizeof(buf));

	return watch_take(w, buf, len);
}

static void
test_addresses(void)
{
	static const struct { struct wish wish; bool changed; const char *name; } rows[] = {
		{ { RTM_NEWADDR, AF_INET, 0, 2, 0, "192.0.2.1" }, true, "a new address" },
		{ { RTM_NEWADDR, AF_INET, 0, 2, 0, "192.0.2.1" }, false, "the same again" },
		{ { RTM_NEWADDR, AF_INET, 0, 3, 0, "192.0.2.1" }, true, "the same on another link" },
		{ { RTM_NEWADDR, AF_INET, RT_SCOPE_HOST, 1, 0, "127.0.0.2" }, false, "one of the host's own" },
		{ { RTM_NEWADDR, AF_INET6, RT_SCOPE_LINK, 2, 0, "fe80::1" }, false, "one of the link" },
		{ { RTM_NEWADDR, AF_INET6, 0, 2, IFA_F_TENTATIVE, "2001:db8::1" }, false, "a tentative one" },
		{ { RTM_NEWADDR, AF_INET6, 0, 2, 0, "2001:db8::1" }, true, "it is no longer tentative" },
		{ { RTM_NEWADDR, AF_INET6, 0, 2, 0, "2001:db8::1" }, false, "it is prolonged" },
		{ { RTM_DELADDR, AF_INET6, 0, 2, 0, "2001:db8::2" }, false, "an unknown one is gone" },
		{ { RTM_DELADDR, AF_INET6, 0, 2, 0, "2001:db8::1" }, true, "a known one is gone" },
		{ { RTM_NEWADDR, AF_INET6, 0, 2, 0, "2001:db8::1" }, true, "and comes back" },
		{ { RTM_NEWADDR, AF_UNIX, 0, 2, 0, "192.0.2.7" }, false, "another family" },
		{ { RTM_NEWLINK, AF_INET, 0, 2, 0, "192.0.2.8" }, false, "another message" },
	};
	struct watch w = { .fd = -1 };

	for (size_t i = 0; i < COUNT(rows); i++)
		ok(take(&w, &rows[i].wish) == rows[i].changed, "%s", rows[i].name);
	for (int i = 0; i < 100; i++) {
		char text[ADDRESS_TEXT];

		snprintf(text, sizeof(text), "10.0.0.%d", i);
		if (!take(&w, &(struct wish){ RTM_NEWADDR, AF_INET, 0, 9, 0, text }))
			ok(false, "new: %s", text);
	}
	ok(!take(&w, &(struct wish){ RTM_NEWADDR, AF_INET, 0, 9, 0, "10.0.0.99" }), "a hundred are remembered");
	watch_close(&w);
}

static void
test_filling(void)
{
	struct { struct nlmsghdr head; int code; } done = { .head = { .nlmsg_len = sizeof(done), .nlmsg_type = NLMSG_DONE } };
	struct watch w = { .fd = -1, .filling = true };

	ok(!take(&w, &(struct wish){ RTM_NEWADDR, AF_INET, 0, 2, 0, "192.0.2.1" }), "what is there at first is no change");
	ok(!watch_take(&w, &done, sizeof(done)) && !w.filling, "the end of the list");
	ok(!take(&w, &(struct wish){ RTM_NEWADDR, AF_INET, 0, 2, 0, "192.0.2.1" }), "and is known");
	ok(take(&w, &(struct wish){ RTM_NEWADDR, AF_INET, 0, 2, 0, "192.0.2.2" }), "what comes later is a change");
	watch_close(&w);
}

static bool
take_route(uint8_t bits, uint8_t table, uint8_t type, unsigned flags)
{
	struct { struct nlmsghdr head; struct rtmsg body; } m = {
		.head = { .nlmsg_len = sizeof(m), .nlmsg_type = RTM_NEWROUTE },
		.body = { .rtm_family = AF_INET, .rtm_dst_len = bits, .rtm_table = table, .rtm_type = type, .rtm_flags = flags },
	};
	struct watch w = { .fd = -1 };

	return watch_take(&w, &m, sizeof(m));
}

static void
test_routes(void)
{
	ok(take_route(0, RT_TABLE_MAIN, RTN_UNICAST, 0), "a default route");
	ok(!take_route(24, RT_TABLE_MAIN, RTN_UNICAST, 0), "a route to a network");
	ok(!take_route(0, 100, RTN_UNICAST, 0), "another table");
	ok(!take_route(0, RT_TABLE_MAIN, RTN_UNREACHABLE, 0), "a route to nowhere");
	ok(!take_route(0, RT_TABLE_MAIN, RTN_UNICAST, RTM_F_CLONED), "the cache");
}

/* Cut short at every length, it is never read beyond its end (a matter for the sanitizers), and changes nothing. */
static void
test_cut(void)
{
	_Alignas(struct nlmsghdr) char buf[200];
	size_t len = make(&(struct wish){ RTM_NEWADDR, AF_INET6, 0, 2, 0, "2001:db8::1" }, buf, sizeof(buf));
	struct watch w = { .fd = -1 };
	bool changed = false;
	char *exact;

	for (size_t i = 0; i < len; i++) {
		if ((exact = malloc(i + 1)) == NULL)
			continue;
		memcpy(exact, buf, i);
		changed = watch_take(&w, exact, i) || changed;
		free(exact);
	}
	ok(!changed, "messages cut short are nothing");
	for (uint32_t i = 0; i < sizeof(struct nlmsghdr) + sizeof(struct ifaddrmsg); i++) {
		((struct nlmsghdr *)(void *)buf)->nlmsg_len = i;
		changed = watch_take(&w, buf, len) || changed;
	}
	ok(!changed, "nor those with too short a length");
	watch_close(&w);
}

static void
test_machine(void)
{
	ok(machine_judge("stopping\n", false), "stopping");
	ok(machine_judge("stopping", false), "without a newline");
	ok(!machine_judge("running\n", true), "running, with a shutdown announced");
	ok(!machine_judge("degraded\n", true), "degraded");
	ok(!machine_judge("stoppingly\n", false), "another word");
	ok(machine_judge("offline\n", true), "no systemd, a shutdown has begun");
	ok(!machine_judge("offline\n", false), "no systemd");
	ok(!machine_judge("", false), "no answer");
	ok(machine_judge("", true), "no answer, a shutdown has begun");
}

int
main(void)
{
	test_addresses();
	test_filling();
	test_routes();
	test_cut();
	test_machine();
	return done_testing();
}
