/// The names, types and codes of the bootstrap service.
#ifndef _SERVERS_BOOTSTRAP_DEFS_H_
#define _SERVERS_BOOTSTRAP_DEFS_H_

#include <mach/boolean.h>

#define BOOTSTRAP_MAX_NAME_LEN     128 /* bytes of a service's name, its end included */
#define BOOTSTRAP_MAX_CMD_LEN      512 /* bytes of a server's command, its end included */
#define BOOTSTRAP_MAX_LOOKUP_COUNT 20

typedef char name_t[BOOTSTRAP_MAX_NAME_LEN];
typedef char cmd_t[BOOTSTRAP_MAX_CMD_LEN];
typedef name_t *name_array_t;

typedef int bootstrap_status_t;
typedef bootstrap_status_t *bootstrap_status_array_t;
typedef unsigned int bootstrap_property_t;
typedef bootstrap_property_t *bootstrap_property_array_t;
typedef boolean_t *bool_array_t;

#define BOOTSTRAP_SUCCESS         0
#define BOOTSTRAP_NOT_PRIVILEGED  1100 /* not through this bootstrap port */
#define BOOTSTRAP_NAME_IN_USE     1101 /* a service has this name */
#define BOOTSTRAP_UNKNOWN_SERVICE 1102 /* no service has this name */
#define BOOTSTRAP_SERVICE_ACTIVE  1103 /* someone serves this name already */
#define BOOTSTRAP_BAD_COUNT       1104 /* too many names at once: never returned */
#define BOOTSTRAP_NO_MEMORY       1105 /* no memory, a dead port, or subsets too deep */
#define BOOTSTRAP_NO_CHILDREN     1106 /* never returned */

#define BOOTSTRAP_STATUS_INACTIVE  0 /* nobody has checked the service in */
#define BOOTSTRAP_STATUS_ACTIVE    1 /* someone has, or has registered it */
#define BOOTSTRAP_STATUS_ON_DEMAND 2 /* nobody has; its server is one that would be started when needed */

#endif
