/// What a network name server speaks of. There is none in this library.
#ifndef _SERVERS_NETNAME_DEFS_H_
#define _SERVERS_NETNAME_DEFS_H_

typedef char netname_name_t[80];

#define NETNAME_SUCCESS        0
#define NETNAME_PENDING        -1
#define NETNAME_NOT_YOURS      1000 /* the name belongs to another */
#define NAME_NOT_YOURS         1000
#define NETNAME_NOT_CHECKED_IN 1001 /* nobody has checked this name in */
#define NAME_NOT_CHECKED_IN    1001
#define NETNAME_NO_SUCH_HOST   1002
#define NETNAME_HOST_NOT_FOUND 1003
#define NETNAME_INVALID_PORT   1004

#endif
