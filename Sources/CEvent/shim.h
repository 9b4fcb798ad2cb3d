#ifndef SWIFT_SLS_CEVENT_SHIM_H
#define SWIFT_SLS_CEVENT_SHIM_H

// Must come first: libevent's configuration header turns on _GNU_SOURCE, which changes the shape of fd_set. Whoever
// includes <sys/select.h> first decides the shape, and every other module in the program uses the plain one.
#include <sys/select.h>

#include <event2/event.h>
#include <event2/listener.h>
#include <event2/thread.h>
#include <event2/util.h>
#include <sys/eventfd.h>

#endif
