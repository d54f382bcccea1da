/* SPDX-License-Identifier: ISC */
/*
 * The kernel's messages about addresses and routes, and the list of addresses that tells news from repetitions.
 */
#include "watch.h"

#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DATAGRAM	65536

/* The attribute of that type among those in len bytes, if it has at least size bytes of data; or NULL. */
static const void *
find_attribute(const struct rtattr *a, size_t len, unsigned short type, size_t size)
{
	for (; RTA_OK(a, len); a = RTA_NEXT(a, len))
		if ((a->rta_type & NLA_TYPE_MASK) == type && RTA_PAYLOAD(a) >= size)
			return RTA_DATA(a);
	return NULL;
}

/* False: not an address that anybody further away could use. */
static bool
parse_address(const struct nlmsghdr *h, struct watch_address *a)
{
	const struct ifaddrmsg *m = NLMSG_DATA(h);
	const struct rtattr *first = IFA_RTA(m);
	size_t len = IFA_PAYLOAD(h), size = m->ifa_family == AF_INET ? 4 : 16;
	const void *bytes = find_attribute(first, len, IFA_LOCAL, size), *wide;
	uint32_t flags = m->ifa_flags;

	if ((wide = find_attribute(first, len, IFA_FLAGS, sizeof(flags))) != NULL)
		memcpy(&flags, wide, sizeof(flags));
	if (bytes == NULL)	/* IPv6, and not the end of a point-to-point link */
		bytes = find_attribute(first, len, IFA_ADDRESS, size);
	if ((m->ifa_family != AF_INET && m->ifa_family != AF_INET6) || bytes == NULL || m->ifa_scope >= RT_SCOPE_LINK)
		return false;
	if (h->nlmsg_type == RTM_NEWADDR && (flags & (IFA_F_TENTATIVE | IFA_F_DADFAILED)) != 0)
		return false;
	memset(a, 0, sizeof(*a));
	a->link = m->ifa_index;
	a->address.family = m->ifa_family == AF_INET ? 4 : 6;
	memcpy(a->address.bytes, bytes, size);
	return true;
}

static size_t
find_known(const struct watch *w, const struct watch_address *a)
{
	size_t i;

	for (i = 0; i < w->n; i++)
		if (w->list[i].link == a->link && address_equal(&w->list[i].address, &a->address))
			break;
	return i;
}

static bool
take_address(struct watch *w, const struct nlmsghdr *h)
{
	struct watch_address a, *list;
	size_t i;

	if (h->nlmsg_len < NLMSG_LENGTH(sizeof(struct ifaddrmsg)) || !parse_address(h, &a))
		return false;
	i = find_known(w, &a);
	if (h->nlmsg_type == RTM_DELADDR) {
		if (i == w->n)
			return false;
		w->list[i] = w->list[--w->n];
		return true;
	}
	if (i < w->n)
		return false;
	if (w->n == w->room) {
		if ((list = reallocarray(w->list, w->room + 16, sizeof(*list))) == NULL)
			return true;
		w->list = list;
		w->room += 16;
	}
	w->list[w->n++] = a;
	return !w->filling;
}

static bool
is_default_route(const struct nlmsghdr *h)
{
	const struct rtmsg *m = NLMSG_DATA(h);

	return h->nlmsg_len >= NLMSG_LENGTH(sizeof(*m)) && m->rtm_dst_len == 0 && m->rtm_table == RT_TABLE_MAIN &&
	    m->rtm_type == RTN_UNICAST && (m->rtm_flags & RTM_F_CLONED) == 0;
}

bool
watch_take(struct watch *w, const void *bytes, size_t len)
{
	const struct nlmsghdr *h;
	bool changed = false;

	for (h = bytes; NLMSG_OK(h, len); h = NLMSG_NEXT(h, len)) {
		switch (h->nlmsg_type) {
		case RTM_NEWADDR:
		case RTM_DELADDR:
			changed = take_address(w, h) || changed;
			break;
		case RTM_NEWROUTE:
		case RTM_DELROUTE:
			changed = is_default_route(h) || changed;
			break;
		case NLMSG_DONE:
			w->filling = false;
			break;
		default:
			break;
		}
	}
	return changed;
}

/* Ask which addresses there are. */
static enum status
fill(struct watch *w)
{
	const struct {
		struct nlmsghdr		head;
		struct ifaddrmsg	body;
	} request = {
		.head = { .nlmsg_len = sizeof(request), .nlmsg_type = RTM_GETADDR, .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP },
	};

	w->n = 0;
	w->filling = true;
	return send(w->fd, &request, sizeof(request), 0) == sizeof(request) ? ST_OK : ST_SYSTEM;
}

enum status
watch_open(struct watch *w)
{
	struct sockaddr_nl us = { .nl_family = AF_NETLINK,
		.nl_groups = RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR | RTMGRP_IPV4_ROUTE | RTMGRP_IPV6_ROUTE };
	int error;

	memset(w, 0, sizeof(*w));
	if ((w->fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE)) == -1)
		return ST_SYSTEM;
	if (bind(w->fd, (const struct sockaddr *)&us, sizeof(us)) == 0 && fill(w) == ST_OK)
		return ST_OK;
	error = errno;
	watch_close(w);
	errno = error;
	return ST_SYSTEM;
}

void
watch_close(struct watch *w)
{
	if (w->fd != -1)
		close(w->fd);
	w->fd = -1;
	free(w->list);
	w->list = NULL;
	w->n = w->room = 0;
}

bool
watch_read(struct watch *w)
{
	static _Alignas(struct nlmsghdr) char buf[DATAGRAM];
	struct sockaddr_nl from = { .nl_family = AF_NETLINK };
	socklen_t len = sizeof(from);
	bool changed = false;
	ssize_t n;

	while (w->fd != -1 && ((n = recvfrom(w->fd, buf, sizeof(buf), 0, (struct sockaddr *)&from, &len)) != -1 ||
	    errno == ENOBUFS || errno == EINTR)) {
		if (n == -1 && errno == ENOBUFS) {	/* we were too slow and have missed some */
			changed = true;
			(void)fill(w);
		} else if (n > 0 && from.nl_pid == 0) {	/* of the kernel */
			changed = watch_take(w, buf, (size_t)n) || changed;
		}
		len = sizeof(from);
	}
	return changed;
}
