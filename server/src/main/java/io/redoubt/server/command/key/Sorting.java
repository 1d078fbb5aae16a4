package io.redoubt.server.command.key;

import io.redoubt.protocol.bytes.Doubles;
import io.redoubt.protocol.command.CommandError;
import io.redoubt.protocol.command.Errors;
import io.redoubt.protocol.resp.ReplyWriter;
import io.redoubt.server.cluster.slot.KeySlot;
import io.redoubt.server.command.common.StoreDestination;
import io.redoubt.server.execution.Call;
import io.redoubt.server.keyspace.Entry;
import io.redoubt.server.keyspace.Type;
import io.redoubt.server.keyspace.event.KeyEvent;
import io.redoubt.server.memory.Region;
import io.redoubt.server.structure.Sorter;
import io.redoubt.server.structure.list.ListCursor;
import io.redoubt.server.value.ListBuilder;
import io.redoubt.server.value.Lists;
import io.redoubt.server.value.set.SetMembers;
import io.redoubt.server.value.sortedset.SortedSetCursor;
import java.util.ArrayList;
import java.util.List;

/** One run of SORT: its options, the elements and the result. */
final class Sorting {
  private static final CommandError BY_DENIED =
      new CommandError("ERR BY option of SORT denied due to insufficient ACL permissions.");
  private static final CommandError BY_IN_CLUSTER =
      new CommandError(
          "ERR BY option of SORT denied in Cluster mode when keys formed by the pattern may be in"
              + " different slots.");
  private static final CommandError GET_IN_CLUSTER =
      new CommandError(
          "ERR GET option of SORT denied in Cluster mode when keys formed by the pattern may be in"
              + " different slots.");
  private static final CommandError GET_DENIED =
      new CommandError("ERR GET option of SORT denied due to insufficient ACL permissions.");
  private static final CommandError NOT_DOUBLES =
      new CommandError("ERR One or more scores can't be converted into double");

  private final Call call;
  private final Sorter sorter;
  private final SortPattern patterns;

  // The options.
  private final List<Integer> gets = new ArrayList<>();
  private int byArg;
  private boolean unsorted;
  private boolean alphabetic;
  private boolean descending;
  private long offset;
  private long limit = -1;
  private int storeArg;

  /** True if an element that is sorted by its number is none. */
  private boolean hasBadNumber;

  Sorting(Call call, boolean mayStore) {
    this.call = call;
    sorter = new Sorter(call.keyspace().slabs());
    patterns = new SortPattern(call);
    readOptions(mayStore);
  }

  private void readOptions(boolean mayStore) {
    for (int i = 2; i < call.count(); i++) {
      int left = call.count() - i - 1;
      if (call.is(i, "ASC")) {
        descending = false;
      } else if (call.is(i, "DESC")) {
        descending = true;
      } else if (call.is(i, "ALPHA")) {
        alphabetic = true;
      } else if (call.is(i, "LIMIT") && left >= 2) {
        offset = call.argLong(i + 1);
        limit = call.argLong(i + 2);
        i += 2;
      } else if (mayStore && call.is(i, "STORE") && left >= 1) {
        storeArg = ++i;
      } else if (call.is(i, "BY") && left >= 1) {
        by(++i);
      } else if (call.is(i, "GET") && left >= 1) {
        boolean isElement = call.is(i + 1, "#");
        if (call.isInCluster() && !isElement && !hasSlotOfKey(i + 1)) {
          throw GET_IN_CLUSTER;
        }
        if (!mayReadAll()) {
          throw GET_DENIED;
        }
        gets.add(++i);
      } else {
        throw Errors.SYNTAX;
      }
    }
  }

  private void by(int pattern) {
    byArg = pattern;
    // A pattern without a star has the same value for all elements: nothing to sort by.
    if (!patterns.hasStar(pattern)) {
      unsorted = true;
    } else if (call.isInCluster() && !hasSlotOfKey(pattern)) {
      throw BY_IN_CLUSTER;
    } else if (!mayReadAll()) {
      throw BY_DENIED;
    }
  }

  /** Returns true if all keys that a pattern can form are in the slot of the sorted key. */
  private boolean hasSlotOfKey(int pattern) {
    return KeySlot.ofPattern(Region.MEMORY, call.argAddress(pattern), call.argLength(pattern))
        == KeySlot.of(Region.MEMORY, call.argAddress(1), call.argLength(1));
  }

  private boolean mayReadAll() {
    return call.mayReadAllKeys();
  }

  void run() {
    try (sorter;
        patterns) {
      long entry = call.read(1);
      Type type = entry == Entry.NONE ? null : Entry.type(entry);
      if (type != null && type != Type.LIST && type != Type.SET && type != Type.ZSET) {
        throw Errors.WRONGTYPE;
      }
      if (unsorted && type == Type.SET && (storeArg > 0 || call.client().isInScript())) {
        // The order of a set differs between master and replica, but a stored result must not.
        unsorted = false;
        alphabetic = true;
        byArg = 0;
      }
      long size = entry == Entry.NONE ? 0 : size(entry);
      long first = Math.min(Math.max(offset, 0), size);
      long end = limit < 0 ? size : first + Math.min(limit, size - first);
      if (unsorted && first < end) {
        collect(entry, first, end);
        end -= first;
        first = 0;
      } else if (!unsorted && size > 0) {
        collect(entry, 0, size);
        sort((int) first, (int) end - 1);
      }
      if (storeArg > 0) {
        store((int) first, (int) end);
      } else {
        reply((int) first, (int) end);
      }
    }
  }

  private long size(long entry) {
    return switch (Entry.type(entry)) {
      case LIST -> Lists.length(entry);
      case SET -> call.values().sets().size(entry);
      default -> call.values().sortedSets().size(entry);
    };
  }

  // Collecting.

  /** Collects the elements {@code [first, end)} in their own order or reversed. */
  private void collect(long entry, long first, long end) {
    boolean backwards = unsorted && descending;
    switch (Entry.type(entry)) {
      case LIST -> collectList(entry, first, end, backwards);
      case SET -> collectSet(entry, first, end);
      default -> collectSortedSet(entry, first, end, backwards);
    }
  }

  private void collectList(long entry, long first, long end, boolean backwards) {
    Lists lists = call.values().lists();
    lists.open(entry, backwards ? -1 - first : first);
    try (ListCursor cursor = lists.cursor()) {
      for (long i = first; i < end; i++) {
        int length = cursor.textLength();
        long copy = sorter.add(length);
        cursor.copyText(copy);
        if (cursor.isInteger()) {
          setOwnNumber(cursor.integer());
        } else {
          parseOwnNumber(copy, length);
        }
        if (backwards) {
          cursor.previous();
        } else {
          cursor.next();
        }
      }
    }
  }

  private void collectSet(long entry, long first, long end) {
    SetMembers member = call.values().setAlgebra().member();
    member.iterate(entry);
    for (long i = 0; i < end && member.next(); i++) {
      if (i >= first) {
        int length = member.length();
        Region.copy(member.address(), sorter.add(length), length);
        if (member.isInteger()) {
          setOwnNumber(member.integer());
        } else {
          parseOwnNumber(member.address(), length);
        }
      }
    }
  }

  /** Sets what the last element is sorted by if it is its own number, known without parsing. */
  private void setOwnNumber(long integer) {
    if (isByOwnNumber()) {
      sorter.setNumber(sorter.count() - 1, integer);
    }
  }

  /** Sets what the last element is sorted by if it is its own number. */
  private void parseOwnNumber(long address, int length) {
    if (isByOwnNumber()) {
      hasBadNumber |= !number(sorter.count() - 1, address, length);
    }
  }

  private boolean isByOwnNumber() {
    return !alphabetic && !unsorted && byArg == 0;
  }

  private void collectSortedSet(long entry, long first, long end, boolean backwards) {
    long size = call.values().sortedSets().size(entry);
    try (SortedSetCursor cursor = call.values().sortedSets().cursor()) {
      cursor.seek(entry, backwards ? size - 1 - first : first);
      for (long i = first; i < end; i++) {
        int length = cursor.memberLength();
        Region.copy(cursor.memberAddress(), sorter.add(length), length);
        parseOwnNumber(cursor.memberAddress(), length);
        if (backwards) {
          cursor.previous();
        } else {
          cursor.next();
        }
      }
    }
  }

  // Sorting.

  private void sort(int first, int last) {
    if (!setWeights()) {
      throw NOT_DOUBLES;
    }
    Sorter.By by = !alphabetic ? Sorter.By.NUMBER : byArg > 0 ? Sorter.By.WEIGHT : Sorter.By.STRING;
    if (first > last) {
      return;
    }
    // A result that is stored must not depend on how the locale compares.
    sorter.sort(by, storeArg == 0, descending, first, last, call.keyspace().random());
  }

  /** Sets the weights of elements sorted BY them; returns false if an element has no number. */
  private boolean setWeights() {
    boolean valid = !hasBadNumber;
    for (int i = 0; byArg > 0 && i < sorter.count(); i++) {
      valid &= weigh(i);
    }
    return valid;
  }

  /** Sets the weight of an element if there is one; returns false if it is not a number. */
  private boolean weigh(int i) {
    if (!patterns.find(byArg, sorter.address(i), sorter.length(i))) {
      return true;
    }
    if (alphabetic) {
      Region.copy(patterns.address(), sorter.weight(i, patterns.length()), patterns.length());
      return true;
    }
    return number(i, patterns.address(), patterns.length());
  }

  /** Parses a weight as {@code strtod} does, which skips blanks and reads an empty text as 0. */
  private boolean number(int i, long address, int length) {
    int from = 0;
    while (from < length && isBlank(Region.getByte(address + from))) {
      from++;
    }
    double number =
        length == 0 ? 0 : Doubles.parseOrNaN(Region.MEMORY, address + from, length - from);
    sorter.setNumber(i, number);
    return !Double.isNaN(number);
  }

  private static boolean isBlank(int b) {
    return b == ' ' || (b >= '\t' && b <= '\r');
  }

  // Results.

  private void reply(int first, int end) {
    ReplyWriter reply = call.reply();
    reply.array((end - first) * Math.max(gets.size(), 1));
    for (int place = first; place < end; place++) {
      int i = sorter.at(place);
      if (gets.isEmpty()) {
        reply.bulk(Region.MEMORY, sorter.address(i), sorter.length(i));
      }
      for (int get = 0; get < gets.size(); get++) {
        if (patterns.find(gets.get(get), sorter.address(i), sorter.length(i))) {
          reply.bulk(Region.MEMORY, patterns.address(), patterns.length());
        } else {
          reply.nil();
        }
      }
    }
  }

  private void store(int first, int end) {
    if (first == end) {
      StoreDestination.remove(call, storeArg);
      call.reply().integer(0);
      return;
    }
    try (ListBuilder list = call.values().lists().newBuilder()) {
      // Complete before any key changes, since lookups may remove expired keys.
      collectResult(first, end, list);
      list.store(call.database(), call.argAddress(storeArg), call.argLength(storeArg));
      call.recordChange(storeArg, KeyEvent.SORTSTORE, list.count());
      call.reply().integer(list.count());
    }
  }

  private void collectResult(int first, int end, ListBuilder list) {
    list.begin();
    for (int place = first; place < end; place++) {
      int i = sorter.at(place);
      if (gets.isEmpty()) {
        list.add(sorter.address(i), sorter.length(i));
      }
      for (int get = 0; get < gets.size(); get++) {
        if (patterns.find(gets.get(get), sorter.address(i), sorter.length(i))) {
          list.add(patterns.address(), patterns.length());
        } else {
          list.add(sorter.address(i), 0);
        }
      }
    }
  }
}
