// The server's stubs of mig_toy.h in both variants.
#include "mig_toy.h"

#define TOY_NAME(name) early_##name
#define TOY_LABEL      "early"
#define TOY_MODERN     0
#include "mig_toy_server.h"

#define TOY_NAME(name) late_##name
#define TOY_LABEL      "late"
#define TOY_MODERN     1
#include "mig_toy_server.h"

const struct toy_server *const toy_servers[TOY_SERVERS] = {&early_server, &late_server};
