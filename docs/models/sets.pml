/*
 * Messages, ports and the sets that these are members of: PortSet.swift, MessageQueue.swift, Receive.swift, Send.swift
 * and Space+Descriptors.swift in Sources/MachKernel. See README.md.
 */

#ifndef MUTANT
#define MUTANT 0
#endif

/* Scenario 1: without descriptors. Scenario 2: with one, for the first set. */
#ifndef SCENARIO
#if MUTANT == 7 || MUTANT == 8
#define SCENARIO 2
#else
#define SCENARIO 1
#endif
#endif

#define PORTS 2
#define SETS 2
byte limit; /* of a queue */

#define NOBODY 15
#define NONE 7

/* How a receiver's wait ends. */
#define MESSAGE 1
#define TOO_LARGE 2
#define CHANGED 3

#define THREADS 8
byte outcome[THREADS]; /* of a blocked receiver */
bool isPicky[THREADS]; /* a receiver that leaves large messages where they are: MACH_RCV_LARGE */
bool isSent[THREADS];  /* a blocked sender's message is queued */

/* A port's, under its lock. A message is large (1) or small. */
byte portHolder[PORTS] = NOBODY;
chan queue[PORTS] = [3] of { bit };
chan senders[PORTS] = [2] of { byte, bit };
chan receivers[PORTS] = [2] of { byte };
bool portWatched[PORTS];

/* A set's, under its lock. */
byte setHolder[SETS] = NOBODY;
chan waiters[SETS] = [2] of { byte };
chan ready[SETS] = [PORTS] of { byte };
bool isActive[SETS] = true;
bool hasDescriptor[SETS];
bool isRaised[SETS];

/* Memberships change under both locks. */
bool isMember[PORTS * SETS];
bool linkWatched[PORTS * SETS];
#define LINK(p, s) ((s) * PORTS + (p))

#define isReady(p, s) (ready[s]??[eval(p)])

/* ---- Locks, and what holds whenever one is given back ---- */

#define lock_port(p) portHolder[p] == NOBODY -> portHolder[p] = _pid
#define lock_set(s) setHolder[s] == NOBODY -> setHolder[s] = _pid

/* A port with messages is on every set's ready list, and one without is not, where the set is watched. A receiver of
   its own waits only at an empty queue, a sender only at a full one. */
inline unlock_port(p) {
  assert(portHolder[p] == _pid);
  assert(len(queue[p]) == 0 || (!isMember[LINK(p, 0)] || isReady(p, 0)) && (!isMember[LINK(p, 1)] || isReady(p, 1)));
  assert(len(queue[p]) == 0 || len(receivers[p]) == 0);
  assert(len(senders[p]) == 0 || len(queue[p]) >= limit);
  assert(!linkWatched[LINK(p, 0)] || isReady(p, 0) == (len(queue[p]) > 0));
  assert(!linkWatched[LINK(p, 1)] || isReady(p, 1) == (len(queue[p]) > 0));
  portHolder[p] = NOBODY
}

/* A set at which a receiver waits has an empty ready list. */
inline unlock_set(s) {
  assert(setHolder[s] == _pid);
  assert(len(waiters[s]) == 0 || len(ready[s]) == 0 && isActive[s]);
  setHolder[s] = NOBODY
}

inline mark_ready(p, s) {
  if
  :: isReady(p, s)
  :: else -> ready[s]!p /* never reached from announce(): it is there already */
  fi
}

inline unmark_ready(p, s) {
  if
  :: isReady(p, s) -> ready[s]??eval(p)
  :: else
  fi
}

/* showReady */
inline show_ready(s) {
  if
  :: hasDescriptor[s] && len(ready[s]) == 0 -> isRaised[s] = false
  :: else
  fi
}

/* announce, retract: the port is locked, and watched through one of its sets. */
inline announce(p) {
  l = 0;
  do
  :: l < SETS && linkWatched[LINK(p, l)] ->
     lock_set(l);
     mark_ready(p, l);
     if :: hasDescriptor[l] -> isRaised[l] = true :: else fi;
     unlock_set(l);
     l++
  :: l < SETS && !linkWatched[LINK(p, l)] -> l++
  :: l == SETS -> l = 0; break
  od
}

inline retract(p) {
  l = 0;
  do
  :: l < SETS && linkWatched[LINK(p, l)] ->
     lock_set(l);
     unmark_ready(p, l);
     show_ready(l);
     unlock_set(l);
     l++
  :: l < SETS && !linkWatched[LINK(p, l)] -> l++
  :: l == SETS -> l = 0; break
  od
}

/* ---- Sending ---- */

/* give */
inline give(large, r) {
  if
  :: isPicky[r] && large -> outcome[r] = TOO_LARGE
  :: else -> outcome[r] = MESSAGE; isGiven = true
  fi
}

/* post, handToReceiver, handToSet: the port is locked. */
inline post(p, large) {
  isGiven = false;
  do
  :: !isGiven && len(receivers[p]) > 0 -> receivers[p]?r; give(large, r)
  :: else -> break
  od;
  if
  :: isGiven || len(queue[p]) > 0
  :: else ->
     k = 0;
     do
     :: k < SETS && !isGiven && isMember[LINK(p, k)] ->
        lock_set(k);
#if MUTANT == 5 /* it says that the port is ready without a look at who waits */
#else
        do
        :: !isGiven && len(waiters[k]) > 0 -> waiters[k]?r; give(large, r)
        :: else -> break
        od;
#endif
        if
        :: !isGiven -> mark_ready(p, k)
        :: else
        fi;
        unlock_set(k);
        k++
     :: k < SETS && !isGiven && !isMember[LINK(p, k)] -> k++
     :: else -> k = 0; break
     od;
#if MUTANT != 7 /* sets that have heard of a message are not told that it is gone */
     if
     :: isGiven && portWatched[p] -> retract(p)
     :: else
     fi
#endif
  fi;
  r = 0;
  if
  :: isGiven
  :: !isGiven ->
     queue[p]!large;
     if
     :: portWatched[p] -> announce(p)
     :: else
     fi
  fi
}

/* admitSenders */
inline admit(p) {
  do
  :: len(senders[p]) > 0 && len(queue[p]) < limit ->
     senders[p]?sender, waiting;
     isSent[sender] = true;
     sender = 0;
     post(p, waiting)
  :: else -> break
  od
}

proctype Sender(byte p; bit large) {
  byte k, l, r;
  bool isGiven;
  atomic {
    lock_port(p);
    if
    :: len(queue[p]) < limit -> post(p, large); unlock_port(p)
    :: else -> senders[p]!_pid, large; unlock_port(p); goto wait
    fi;
    goto end
  };
wait:
endBlocked: /* there may be no room to come */
  isSent[_pid];
end:
  skip
}

/* ---- Receiving ---- */

/* takeFirst: the port is locked and has messages. */
inline take_first(p) {
  if
  :: isPicky[_pid] && queue[p]?[1]
  :: else ->
     queue[p]?waiting;
     admit(p);
     if
     :: portWatched[p] && len(queue[p]) == 0 -> retract(p)
     :: else
     fi
  fi
}

/* receive(from: LockedPort), receive(from: LockedPortSet), receiveInOrder, take, wait. One of `p` and `s` is NONE. */
proctype Receiver(byte p, s) {
  byte k, l, r, sender;
  bit waiting;
  bool isGiven;
  atomic {
    if
    :: s == NONE ->
       lock_port(p);
       if
       :: len(queue[p]) > 0 -> goto take_from_port
       :: else -> receivers[p]!_pid; unlock_port(p); goto asleep
       fi
    :: else
    fi
  };
  atomic {
    lock_set(s);
    if
    :: !isActive[s] -> unlock_set(s); goto end /* it has no name any more */
    :: else
    fi
  };
  do
  :: len(ready[s]) == 0 -> goto wait
  :: len(ready[s]) > 0 -> ready[s]?<p>;
     atomic {
       if
       :: portHolder[p] == NOBODY ->
          portHolder[p] = _pid;
          if
          :: len(queue[p]) > 0 -> goto take
          :: else -> unmark_ready(p, s); unlock_port(p); p = NONE
          fi
#if MUTANT != 9 /* it waits for a port's lock against the order */
       :: else ->
#if MUTANT == 4 /* a member that is locked by another is passed over */
          unmark_ready(p, s); p = NONE
#else
          unlock_set(s);
          goto in_order
#endif
#endif
       fi
     }
  od;
in_order:
  atomic {
    lock_port(p);
    if
    :: isMember[LINK(p, s)] ->
       lock_set(s);
       if
       :: len(queue[p]) > 0 -> goto take
       :: else -> unmark_ready(p, s); unlock_set(s)
       fi
    :: else
    fi;
    unlock_port(p);
    p = NONE
  };
  atomic {
    lock_set(s);
    if
    :: len(ready[s]) > 0 -> ready[s]?<p>; unlock_set(s); goto in_order
    :: else -> unlock_set(s)
    fi
  };
  atomic {
    lock_set(s);
    if
#if MUTANT == 6 /* it waits without another look */
    :: isActive[s] -> goto wait
#else
    :: isActive[s] && len(ready[s]) == 0 -> goto wait
    :: len(ready[s]) > 0 -> ready[s]?<p>; unlock_set(s); goto in_order
#endif
    :: else -> unlock_set(s); goto end
    fi
  };
take: /* both are locked */
  atomic {
    if
    :: isPicky[_pid] && queue[p]?[1]
    :: else ->
       unmark_ready(p, s);
#if MUTANT == 1 /* there may be more */
#elif MUTANT == 2 /* the same, but with the set unlocked */
       unlock_set(s)
    fi
  };
  atomic {
    if
    :: setHolder[s] == _pid
    :: else ->
       lock_set(s);
       if :: len(queue[p]) > 1 || len(senders[p]) > 0 -> mark_ready(p, s) :: else fi;
#else
       if :: len(queue[p]) > 1 || len(senders[p]) > 0 -> mark_ready(p, s) :: else fi
#endif
    fi;
    unlock_set(s)
  };
take_from_port:
  atomic { take_first(p); unlock_port(p); goto end };
wait:
  atomic { waiters[s]!_pid; unlock_set(s) };
asleep:
endAsleep: /* there may be nothing to come */
  outcome[_pid] != 0;
end:
  skip
}

/* ---- Members ---- */

/* join, offerQueue, feed */
inline join(p, s) {
  lock_port(p);
  if
  :: isMember[LINK(p, s)] -> unlock_port(p)
  :: else ->
     lock_set(s);
     if
     :: !isActive[s] -> unlock_set(s); unlock_port(p)
     :: else ->
        isMember[LINK(p, s)] = true;
        if
        :: hasDescriptor[s] -> linkWatched[LINK(p, s)] = true; portWatched[p] = true
        :: else
        fi;
        unlock_set(s);
#if MUTANT != 3 /* its messages are not offered */
        if
        :: len(queue[p]) > 0 ->
           lock_set(s);
           do
           :: len(queue[p]) > 0 && len(waiters[s]) > 0 ->
              isGiven = false;
              waiters[s]?r;
              if :: queue[p]?[1] -> give(1, r) :: else -> give(0, r) fi;
              if :: isGiven -> queue[p]?waiting :: else fi;
              r = 0
           :: else -> break
           od;
           if
           :: len(queue[p]) > 0 ->
              mark_ready(p, s);
              if :: hasDescriptor[s] -> isRaised[s] = true :: else fi
           :: else
           fi;
           unlock_set(s);
           admit(p);
#if MUTANT != 8 /* the other sets are not told that the last message is gone */
           if
           :: portWatched[p] && len(queue[p]) == 0 -> retract(p)
           :: else
           fi
#endif
        :: else
        fi;
#endif
        unlock_port(p)
     fi
  fi
}

/* leave, updateWatched: the port is locked. */
inline leave(p, s) {
  lock_set(s);
  unmark_ready(p, s);
  show_ready(s);
  isMember[LINK(p, s)] = false;
  linkWatched[LINK(p, s)] = false;
  portWatched[p] = linkWatched[LINK(p, 0)] || linkWatched[LINK(p, 1)];
  unlock_set(s)
}

/* insertMember, extractMember: the lock of the space is held meanwhile, so one at a time. */
proctype Mover(byte moves) {
  byte p, s, k, l, r, sender;
  bit waiting;
  bool isGiven;
  do
  :: moves > 0 ->
     atomic {
       moves--;
       if :: p = 0 :: p = 1 fi;
       if :: s = 0 :: s = 1 fi
     };
     if
     :: atomic { join(p, s) }
     :: atomic {
          lock_port(p);
          if :: isMember[LINK(p, s)] -> leave(p, s) :: else fi;
          unlock_port(p)
        }
     fi;
     isGiven = 0; waiting = 0
  :: moves == 0 -> break
  od
}

/* PortSet.destroy */
proctype Destroyer(byte s) {
  byte p, r;
  atomic {
    lock_set(s);
    isActive[s] = false;
    do
    :: len(waiters[s]) > 0 -> waiters[s]?r; outcome[r] = CHANGED
    :: else -> break
    od;
    hasDescriptor[s] = false; /* for programs it stays readable */
    unlock_set(s)
  };
  do
  :: p < PORTS && isMember[LINK(p, s)] ->
     atomic {
       lock_port(p);
       if :: isMember[LINK(p, s)] -> leave(p, s) :: else fi;
       unlock_port(p)
     };
     p++
  :: p < PORTS && !isMember[LINK(p, s)] -> p++
  :: p == PORTS -> break
  od
}

/* makeDescriptor of a set: duplicateDescriptor, watchMembers, watch(through:) */
proctype Watcher(byte s) {
  byte p, l, r;
  atomic {
    lock_set(s);
    if
    :: !isActive[s] -> unlock_set(s); goto end
    :: else -> hasDescriptor[s] = true; unlock_set(s)
    fi
  };
  do
  :: p < PORTS && isMember[LINK(p, s)] && !linkWatched[LINK(p, s)] ->
     atomic {
       lock_port(p);
       if
       :: isMember[LINK(p, s)] ->
          portWatched[p] = true;
          lock_set(s);
          linkWatched[LINK(p, s)] = true;
          if
          :: len(queue[p]) == 0 -> unmark_ready(p, s); show_ready(s)
          :: else ->
             mark_ready(p, s);
             if :: hasDescriptor[s] -> isRaised[s] = true :: else fi
          fi;
          unlock_set(s)
       :: else
       fi;
       unlock_port(p)
     };
     p = 0
  :: p < PORTS && !(isMember[LINK(p, s)] && !linkWatched[LINK(p, s)]) -> p++
  :: p == PORTS -> break
  od;
end:
  skip
}

/* ---- When nothing can happen any more ---- */

#define noneLeft(p, s) (!isMember[LINK(p, s)] || len(queue[p]) == 0 || len(waiters[s]) == 0)
#define hasMessages(p, s) (isMember[LINK(p, s)] && len(queue[p]) > 0)

active proctype Settled() {
  timeout;
  assert(portHolder[0] == NOBODY && portHolder[1] == NOBODY && setHolder[0] == NOBODY && setHolder[1] == NOBODY);
  assert(len(queue[0]) == 0 || len(receivers[0]) == 0);
  assert(len(queue[1]) == 0 || len(receivers[1]) == 0);
  assert(noneLeft(0, 0) && noneLeft(0, 1) && noneLeft(1, 0) && noneLeft(1, 1));
  assert(!hasDescriptor[0] || isRaised[0] == (hasMessages(0, 0) || hasMessages(1, 0)));
  assert(!hasDescriptor[1] || isRaised[1] == (hasMessages(0, 1) || hasMessages(1, 1)))
}

init {
  atomic {
    isMember[LINK(0, 0)] = true;
    if :: isMember[LINK(0, 1)] = true :: true fi;
#if SCENARIO == 1
    if :: limit = 1 :: limit = 2 fi;
    if :: isPicky[4] = true :: true fi;
    isMember[LINK(1, 0)] = true;
    run Sender(0, 0);
    run Sender(0, 1);
    if :: run Receiver(NONE, 0) :: run Receiver(NONE, 1) fi;
    if :: run Receiver(NONE, 1) :: run Receiver(0, NONE) fi;
    if :: run Mover(1) :: run Destroyer(0) fi;
    if :: limit == 2 -> run Sender(1, 0) :: else fi
#elif SCENARIO == 2
    limit = 1;
    run Sender(0, 0);
    run Sender(0, 1);
    if :: run Receiver(NONE, 0) :: run Receiver(0, NONE) fi;
    run Receiver(NONE, 1);
    if :: run Mover(1) :: run Destroyer(0) :: run Destroyer(1) fi;
    run Watcher(0)
#endif
  }
}
