package io.redoubt.protocol.acl;

import io.redoubt.protocol.bytes.ByteString;
import io.redoubt.protocol.bytes.PlainText;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.Iterator;
import java.util.function.IntSupplier;

/** The latest denials, newest first. Equal denials within a minute share an entry with a count. */
public final class AclLog {
  private static final long GROUPING_MILLIS = 60_000;

  private final Deque<Entry> entries = new ArrayDeque<>();
  private final IntSupplier maxEntries;
  private long nextId;
  private final long[] totals = new long[Denial.values().length];

  /** Creates an empty log that keeps at most {@code acllog-max-len} entries. */
  public AclLog(IntSupplier maxEntries) {
    this.maxEntries = maxEntries;
  }

  /**
   * Adds a denial.
   *
   * @param context {@code toplevel}, {@code multi}, {@code lua} or {@code module}
   * @param object the command, key or channel
   * @param clientInfo the client as CLIENT INFO shows it
   * @param nowMillis wall clock time
   */
  public void add(
      Denial denial,
      String context,
      ByteString object,
      ByteString user,
      String clientInfo,
      long nowMillis) {
    totals[denial.ordinal()]++;
    Entry entry = null;
    for (Iterator<Entry> iterator = entries.iterator(); iterator.hasNext(); ) {
      Entry each = iterator.next();
      if (each.denial == denial
          && each.context.equals(context)
          && each.object.equals(object)
          && each.user.equals(user)
          && nowMillis - each.updatedMillis <= GROUPING_MILLIS) {
        iterator.remove();
        entry = each;
        break;
      }
    }
    if (entry == null) {
      entry = new Entry(nextId++, denial, context, object, user, nowMillis);
    }
    entry.count++;
    entry.updatedMillis = nowMillis;
    entry.clientInfo = clientInfo;
    entries.addFirst(entry);
    while (entries.size() > Math.max(0, maxEntries.getAsInt())) {
      entries.removeLast();
    }
  }

  /** Returns the entries, newest first. */
  public Iterable<Entry> entries() {
    return entries;
  }

  public int size() {
    return entries.size();
  }

  /** Removes all entries; the totals remain. */
  public void clear() {
    entries.clear();
  }

  public long total(Denial denial) {
    return totals[denial.ordinal()];
  }

  /** Sets the totals to 0; the entries remain. */
  public void resetTotals() {
    Arrays.fill(totals, 0);
  }

  /** A denial with the number of its occurrences. */
  public static final class Entry {
    private final long id;
    private final Denial denial;
    private final String context;
    private final ByteString object;
    private final ByteString user;
    private final long createdMillis;
    private String clientInfo = "";
    private long updatedMillis;
    private long count;

    private Entry(
        long id,
        Denial denial,
        String context,
        ByteString object,
        ByteString user,
        long createdMillis) {
      this.id = id;
      this.denial = denial;
      this.context = context;
      this.object = object;
      this.user = user;
      this.createdMillis = createdMillis;
    }

    /** Returns the entry's increasing number. */
    public long id() {
      return id;
    }

    public Denial denial() {
      return denial;
    }

    public String context() {
      return context;
    }

    /** Returns the command, key or channel, without control characters. */
    public ByteString object() {
      return PlainText.of(object);
    }

    /** Returns the denied user, without control characters. */
    public ByteString user() {
      return PlainText.of(user);
    }

    /** Returns the client of the latest occurrence. */
    public String clientInfo() {
      return clientInfo;
    }

    /** Returns the time of the first occurrence, wall clock in milliseconds. */
    public long createdMillis() {
      return createdMillis;
    }

    /** Returns the time of the latest occurrence, wall clock in milliseconds. */
    public long updatedMillis() {
      return updatedMillis;
    }

    public long count() {
      return count;
    }
  }
}
