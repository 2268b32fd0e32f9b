/// What can be asked for with host_request_notification.
#ifndef _MACH_HOST_NOTIFY_H_
#define _MACH_HOST_NOTIFY_H_

#define HOST_NOTIFY_CALENDAR_CHANGE 0 /* the time of day was set */
#define HOST_NOTIFY_TYPE_MAX        0

#define HOST_CALENDAR_CHANGED_REPLYID 950

#endif
