/*
 * A semaphore's word, its queue and the records in it: Sources/MachKernel/Semaphore.swift, with join and finishWait of
 * Thread+Semaphores.swift and the ends of SemaphoreTable.swift. See README.md.
 *
 * The code changes the word by exchanges of all of it, which it repeats until one succeeds. What an exchange depends on
 * is the word, or what the lock guards: so each is one step here.
 */

#ifndef MUTANT
#define MUTANT 0
#endif
/* 1: all that is done to those who wait; 2: signals in handlers; 3: the memory has two lives; 4: sleep for the lock. */
#ifndef SCENARIO
#if MUTANT == 3
#define SCENARIO 2
#elif MUTANT == 14 || MUTANT == 15 || MUTANT == 16
#define SCENARIO 3
#elif MUTANT == 8 || MUTANT == 17
#define SCENARIO 4
#else
#define SCENARIO 1
#endif
#endif

#define WAITERS 2
#define NOBODY 7

#if SCENARIO == 1
#define SIGNALS 2
#else
#define SIGNALS 1
#endif

/* SemaphoreState: the lower half of the word, and the count. */
#define HELD 1
#define AWAITED 2
#define QUEUED 4
#define ACTIVE 8
#define LIFE 16
byte flags = ACTIVE, count = 0;

/* The queue, which HELD guards, and its records. */
chan queue = [WAITERS] of { byte };
byte queueLength = 0;
bool isLinked[WAITERS], tookCount[WAITERS], isFinished[WAITERS];
#define SUCCESS 0
#define TERMINATED 1
#define TIMEDOUT 2
byte outcome[WAITERS];

byte holder = NOBODY; /* who has the lock */
byte asleep = 0;      /* who sleeps in FUTEX_WAIT for it: a bit for each */
byte spurious = 1;    /* wakes for nothing that are left */
byte settled = 0;     /* whose place in the queue was told by the word */
byte working = 0;     /* records that someone has unlinked, and has not finished with yet */
byte frozen = NOBODY; /* whom a signal handler has interrupted */
#if SCENARIO == 3
byte running = WAITERS + 3; /* who has not come to its end */
#else
byte running = WAITERS + 2;
#endif

/* Counts that signals have added, without those that threads have got and those that ended with a semaphore. */
byte owed = 0;

#if SCENARIO == 3
byte references = 1;  /* to the port: that of the name, and of those who wait */
bool isNamed = true, isOwned = true, isOver = false;
byte table = NOBODY;  /* the table's lock */
#endif

#if SCENARIO == 2
#define FREEZES provided (frozen != _pid)
#else
#define FREEZES
#endif

#define bit(n) (1 << (n))
#define hasTurn() (count > 0 && queueLength > 0)

/* ---- The lock ---- */

inline enter() {
  assert(holder == NOBODY);
  holder = _pid
}

inline lock() {
#if SCENARIO != 4
  atomic { !(flags & HELD) -> flags = flags | HELD; enter() }
#else
  if
  :: atomic { !(flags & HELD) -> flags = flags | HELD; enter() } /* at once, or while it watches */
  :: do
     :: atomic {
          old = flags;
#if MUTANT == 8 /* who has slept does not say that others may */
          flags = flags | ((old & HELD) -> (HELD | AWAITED) : HELD);
#else
          flags = flags | HELD | AWAITED;
#endif
          if :: !(old & HELD) -> enter(); old = 0; break :: else fi
        };
        /* FUTEX_WAIT on the lower half; it may return for nothing. */
        atomic { if :: flags == (old | HELD | AWAITED) -> asleep = asleep | bit(_pid) :: else fi; old = 0 };
        atomic {
          if
          :: !(asleep & bit(_pid))
          :: (asleep & bit(_pid)) && spurious > 0 -> spurious--; asleep = asleep & ~bit(_pid)
          fi
        }
     od
  fi
#endif
}

/* FUTEX_WAKE of one. */
inline wakeOne() {
  if
  :: asleep & bit(0) -> asleep = asleep & ~bit(0)
  :: asleep & bit(1) -> asleep = asleep & ~bit(1)
  :: asleep & bit(2) -> asleep = asleep & ~bit(2)
  :: asleep & bit(3) -> asleep = asleep & ~bit(3)
  :: else
  fi
}

/* A record leaves the queue, under the lock: it is on the caller's list of those to wake from here on. */
inline pop(result, withCount) {
  assert(holder == _pid && queueLength > 0);
  queue?who; queueLength--;
  assert(isLinked[who] && !(working & bit(who)));
  isLinked[who] = false; outcome[who] = result;
  if :: withCount -> tookCount[who] = true :: else fi;
  settled = settled & ~bit(who);
  working = working | bit(who);
  mine = mine | bit(who);
  who = 0
}

/* The count and the record are two steps, which no one else sees as two: the queue is locked. */
inline handOver() {
  do
  :: atomic { hasTurn() -> count--; pop(SUCCESS, true) }
  :: atomic { !hasTurn() -> break }
  od
}

/* LockedSemaphore.unlock, then Aftermath.finish. */
inline unlock() {
  do
#if MUTANT == 1 /* it does not look whether a signal has come since */
  :: handOver();
     atomic {
#else
  :: atomic { hasTurn() -> count--; pop(SUCCESS, true) }
  :: atomic {
       !hasTurn() ->
#endif
       assert(holder == _pid);
       holder = NOBODY;
       old = flags;
#if MUTANT == 9 /* QUEUED is not written in the same step */
       flags = flags & ~(HELD | AWAITED)
     };
     atomic {
       if :: holder == NOBODY -> flags = flags & ~QUEUED | (queueLength > 0 -> QUEUED : 0) :: else fi;
#elif MUTANT == 10 /* QUEUED stays */
       flags = flags & ~(HELD | AWAITED) | (queueLength > 0 -> QUEUED : 0) | (old & QUEUED);
#else
       flags = flags & ~(HELD | AWAITED | QUEUED) | (queueLength > 0 -> QUEUED : 0);
#endif
#if MUTANT == 17 /* it forgets those who sleep for the lock */
       old = 0;
#endif
       /* No count is left to those who wait; they are before all that come now. */
       assert(!hasTurn());
       settled = 0;
       if :: isLinked[0] -> settled = settled | bit(0) :: else fi;
       if :: isLinked[1] -> settled = settled | bit(1) :: else fi;
       break
     }
  od;
  do
  :: atomic { (old & AWAITED) -> wakeOne(); old = 0 }
  :: atomic { !(old & AWAITED) && (mine & bit(0)) -> finish(0) }
  :: atomic { !(old & AWAITED) && mine == bit(1) -> finish(1) }
  :: atomic { !(old & AWAITED) && mine == 0 -> old = 0; break }
  od
}

/* Waiter.finish; the thread sleeps until then. */
inline finish(n) {
  mine = mine & ~bit(n); working = working & ~bit(n);
  assert(!isFinished[n]); isFinished[n] = true
}

/* ---- Without the lock ---- */

/* FoundSemaphore.signal: `found` is the life that the look-up saw. */
#if MUTANT == 14 /* it does not look whether the semaphore is the one that was found */
#define isFound() (flags & ACTIVE)
#else
#define isFound() ((flags & ACTIVE) && flags / LIFE == found)
#endif

inline signal() {
#if MUTANT == 3 /* it waits for the lock */
  lock();
  atomic { if :: isFound() -> count++; owed++; code = SUCCESS :: else -> code = TERMINATED fi };
  unlock()
#else
  atomic {
    if
    :: !isFound() -> code = TERMINATED
    :: isFound() && (flags & (QUEUED | HELD)) != QUEUED -> count++; owed++; code = SUCCESS
    :: isFound() && (flags & (QUEUED | HELD)) == QUEUED ->
       count++; owed++; code = SUCCESS;
#if MUTANT != 2 /* it leaves the count to no one */
       flags = flags | HELD; enter()
#endif
    fi
  };
  if
  :: holder == _pid -> unlock()
  :: else
  fi
#endif
}

/* FoundSemaphore.take. */
inline take() {
  atomic {
    if
    :: !isFound() -> code = TERMINATED
#if MUTANT == 4 /* it does not look whether threads wait */
    :: isFound() && count > 0 ->
#else
    :: isFound() && count > 0 && !(flags & QUEUED) ->
#endif
       assert(settled == 0);
       count--; owed--; code = 0
#if MUTANT == 4
    :: isFound() && count == 0 -> code = NOBODY
#else
    :: isFound() && (count == 0 || (flags & QUEUED)) -> code = NOBODY
#endif
    fi
  }
}

/* ---- Threads that wait ---- */

/* The rest of Thread.join: `code` becomes NOBODY when the thread has its place. */
inline join() {
  lock();
  handOver();
#if MUTANT == 5 /* it does not look whether the semaphore has been destroyed */
  if
  :: true ->
#else
  if
  :: !(flags & ACTIVE) -> code = TERMINATED
  :: else ->
#endif
     /* A signal that has come since is for those who wait, which this thread is not yet. */
     atomic {
       if
#if MUTANT == 6 /* takeCount does not look whether threads wait */
       :: count > 0 ->
#else
       :: count > 0 && queueLength == 0 ->
#endif
          assert(queueLength == 0);
          count--; owed--; code = 0
#if MUTANT == 6
       :: count == 0 ->
#else
       :: count == 0 || queueLength > 0 ->
#endif
          /* Waiter.begin, append */
          assert(holder == _pid && !isLinked[_pid] && !(working & bit(_pid)));
          isFinished[_pid] = false; tookCount[_pid] = false;
          isLinked[_pid] = true; queue!_pid; queueLength++;
          code = NOBODY
       fi
     }
  fi;
  unlock()
}

/* Waiter.withdraw: `code` becomes TIMEDOUT, or stays what it was and the outcome is in the record. */
inline withdraw() {
  if
  :: isFinished[_pid]
  :: else ->
     lock();
     handOver();
     atomic {
       if
       :: isLinked[_pid] ->
          isLinked[_pid] = false; queue??eval(_pid); queueLength--; settled = settled & ~bit(_pid);
          code = TIMEDOUT
       :: else
       fi
     };
     unlock();
     if
     :: code == TIMEDOUT
#if MUTANT == 7 /* it does not wait for who has decided */
     :: code != TIMEDOUT
#else
     :: code != TIMEDOUT && isFinished[_pid]
#endif
     fi
  fi
}

#if SCENARIO == 3
/* The port's last reference: SemaphoreTable.end, and another life. */
inline release() {
  atomic { references--; if :: references > 0 -> goto kept :: else fi };
  atomic { table == NOBODY -> table = _pid };
  atomic { isOwned = false; table = NOBODY };
  atomic {
    /* Who has the lock has a reference, is the owner's end, or hands a count to someone who has one. */
    assert(holder == NOBODY && queueLength == 0 && working == 0);
    owed = owed - count; count = 0;
#if MUTANT == 16 /* the life stays the same */
    flags = flags & ~ACTIVE
#else
    flags = (flags & (HELD | AWAITED | QUEUED)) + (flags / LIFE + 1) * LIFE
#endif
  };
  atomic { flags = flags | ACTIVE; count++; owed++; isOver = true };
kept:
  skip
}
#endif

active [WAITERS] proctype Waiter() FREEZES {
  byte code, old, who, mine, found;
  bool hasLeft;
#if SCENARIO == 3
  if :: atomic { isNamed -> found = flags / LIFE } :: atomic { !isNamed -> goto end } fi;
#endif
  take();
  if
  :: code == NOBODY ->
#if SCENARIO == 3
     if :: atomic { isNamed -> references++; found = 0 } :: atomic { !isNamed -> goto end } fi;
#endif
     join();
     if
     :: code == NOBODY ->
        if
        :: true -> isFinished[_pid] /* without a deadline, and never interrupted */
        :: withdraw() /* a time-out, a signal, the end of the thread's task */
#if SCENARIO != 4
        :: hasLeft = true; withdraw() /* a jump: in the next call, or at the thread's end */
#endif
        fi;
        atomic {
          if
          :: code == TIMEDOUT
          :: else -> assert(!isLinked[_pid] && !(working & bit(_pid))); code = outcome[_pid]
          fi;
          isFinished[_pid] = false; outcome[_pid] = 0;
          if
          :: hasLeft && tookCount[_pid]
          :: !hasLeft && tookCount[_pid] -> assert(code == SUCCESS); owed--; tookCount[_pid] = false
          :: else
          fi;
          code = 0; hasLeft = false
        };
        if
#if MUTANT != 11 /* a count that comes to a thread that has left stays with it */
        :: atomic { tookCount[_pid] -> tookCount[_pid] = false; found = flags / LIFE };
           signal(); /* giveBack */
           atomic { owed--; code = 0; found = 0 }
#endif
        :: else
        fi
     :: else
     fi;
#if SCENARIO == 3
     release()
#endif
  :: else
  fi;
end:
  running--
}

/* LockedSemaphore.terminate and unlock; the lock is held. */
inline terminate() {
  do
#if MUTANT == 12 /* counts that have come are lost to those who wait */
  :: atomic {
       true ->
#else
  :: atomic { hasTurn() -> count--; pop(SUCCESS, true) }
  :: atomic {
       !hasTurn() ->
#endif
       assert(count == 0 || queueLength == 0);
       owed = owed - count; count = 0;
       flags = flags & ~ACTIVE;
       break
     }
  od;
  do
  :: atomic { queueLength > 0 -> pop(TERMINATED, false) }
#if MUTANT == 13 /* it wakes one */
     ; break
#endif
  :: atomic { queueLength == 0 -> break }
  od;
  unlock()
}

active proctype Signaller() FREEZES {
  byte code, old, who, mine, found, signals = SIGNALS;
  do
  :: signals > 0 ->
     signals--;
#if SCENARIO == 3
     if :: atomic { isNamed -> found = flags / LIFE } :: atomic { !isNamed -> break } fi;
#endif
     signal();
     atomic { code = 0; found = 0 }
  :: signals == 0 -> break
  od;
  running--
}

#if SCENARIO == 1 || SCENARIO == 4
/* Whatever else may be done to those who wait, once. */
active proctype Other() {
  byte old, who, mine;
  if
#if SCENARIO == 1
  :: true
  :: (flags & QUEUED) -> /* signalOne, or signal_all */
     lock();
     handOver();
     atomic {
       if
       :: queueLength > 0 ->
          pop(SUCCESS, false);
          if
          :: queueLength > 0 -> pop(SUCCESS, false)
          :: true
          fi
       :: else
       fi
     };
     unlock()
  :: (flags & QUEUED) -> /* a certain one */
     lock();
     handOver();
     atomic {
       if
       :: isLinked[1] ->
          queue??1; queueLength--; isLinked[1] = false; outcome[1] = SUCCESS;
          settled = settled & ~bit(1); working = working | bit(1); mine = mine | bit(1)
       :: else
       fi
     };
     unlock()
#endif
  :: true ->
     lock();
     terminate()
  fi;
  running--
}
#elif SCENARIO == 2
/* A handler interrupts a thread anywhere, which goes on when it returns. */
active proctype Handler() {
  byte code, old, who, mine, found;
  if
  :: frozen = 0
  :: frozen = 1
  :: frozen = 2
  fi;
  signal();
  atomic { assert(code == SUCCESS); frozen = NOBODY; running-- }
}
#elif SCENARIO == 3
/* The owner ends, with no reference. */
active proctype Owner() {
  byte old, who, mine;
  atomic { table == NOBODY -> table = _pid };
#if MUTANT == 15 /* it does not look whether the semaphore has ended by itself */
  if
  :: true ->
#else
  if
  :: !isOwned -> table = NOBODY
  :: else ->
#endif
     isOwned = false;
     lock();
     terminate();
     table = NOBODY
  fi;
  running--
}

/* The name ends. */
active proctype Name() {
  atomic { isNamed = false };
  release();
  running--
}
#endif

/* Everyone has come to the end: no count was made or lost. */
active proctype Judge() {
  atomic {
    running == 0;
    assert(holder == NOBODY && queueLength == 0 && !(flags & (HELD | QUEUED)));
#if SCENARIO == 3
    assert(isOver && (flags & ACTIVE) && count == 1);
#endif
    assert(owed == count)
  }
}
