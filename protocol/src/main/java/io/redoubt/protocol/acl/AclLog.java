package io.redoubt.protocol.acl;

import io.redoubt.protocol.bytes.ByteString;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;
import java.util.function.IntSupplier;

/** The latest refusals, newest first. Alike ones within a minute are one entry that counts. */
public final class AclLog {
  private static final long GROUPING_MILLIS = 60_000;

  private final Deque<Entry> entries = new ArrayDeque<>();
  private final IntSupplier maxEntries;
  private long nextId;
  private final long[] totals = new long[Denial.values().length];

  /** Empty; keeps as many entries as {@code acllog-max-len} says. */
  public AclLog(IntSupplier maxEntries) {
    this.maxEntries = maxEntries;
  }

  /**
   * Adds a refusal.
   *
   * @param denial why
   * @param context where: {@code toplevel}, {@code multi}, {@code lua} or {@code module}
   * @param object the command, key or channel
   * @param user who was refused
   * @param clientInfo the client as CLIENT INFO shows it
   * @param nowMillis wall clock
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

  /** The entries, newest first. */
  public Iterable<Entry> entries() {
    return entries;
  }

  /** How many entries there are. */
  public int size() {
    return entries.size();
  }

  /** Forgets all entries; the totals stay. */
  public void clear() {
    entries.clear();
  }

  /** How many refusals of that kind there have been. */
  public long total(Denial denial) {
    return totals[denial.ordinal()];
  }

  /** One entry. */
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

    /** Its number, rising. */
    public long id() {
      return id;
    }

    /** Why. */
    public Denial denial() {
      return denial;
    }

    /** Where. */
    public String context() {
      return context;
    }

    /** The command, key or channel. */
    public ByteString object() {
      return object;
    }

    /** Who. */
    public ByteString user() {
      return user;
    }

    /** The client of the latest refusal. */
    public String clientInfo() {
      return clientInfo;
    }

    /** When it was made, wall clock in milliseconds. */
    public long createdMillis() {
      return createdMillis;
    }

    /** When it counted last, wall clock in milliseconds. */
    public long updatedMillis() {
      return updatedMillis;
    }

    /** How many refusals it stands for. */
    public long count() {
      return count;
    }
  }
}
