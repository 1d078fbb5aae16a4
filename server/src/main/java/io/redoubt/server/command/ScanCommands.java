package io.redoubt.server.command;

import static io.redoubt.protocol.command.Flag.READONLY;
import static io.redoubt.protocol.command.Flag.TOUCHES_ARBITRARY_KEYS;

import io.redoubt.protocol.bytes.Glob;
import io.redoubt.protocol.command.Category;
import io.redoubt.protocol.command.Command;
import io.redoubt.protocol.command.CommandGroup;
import io.redoubt.protocol.command.Errors;
import io.redoubt.protocol.command.Group;
import io.redoubt.protocol.resp.ReplyWriter;
import io.redoubt.server.execution.Call;
import io.redoubt.server.keyspace.Database;
import io.redoubt.server.keyspace.Entry;
import io.redoubt.server.keyspace.Type;
import io.redoubt.server.memory.Region;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** KEYS and SCAN: the keys of a database, all at once or a little at a time. */
public final class ScanCommands extends CommandGroup<Call> {
  final Command<Call> keys =
      command("KEYS pattern")
          .does("Returns all keys that match a pattern.")
          .since("1.0.0")
          .costs("O(N), N the number of keys in the database")
          .is(READONLY, TOUCHES_ARBITRARY_KEYS)
          .categories(Category.KEYSPACE, Category.DANGEROUS)
          .tips("request_policy:all_shards", "nondeterministic_output_order")
          .runs(ScanCommands::keys);

  final Command<Call> scan =
      command("SCAN cursor [MATCH pattern] [COUNT count] [TYPE type]")
          .does("Iterates over the keys of the database.")
          .since("2.8.0")
          .costs("O(1) a call, O(N) for an iteration over N keys")
          .is(READONLY, TOUCHES_ARBITRARY_KEYS)
          .tips("nondeterministic_output", "request_policy:special", "response_policy:special")
          .runs(ScanCommands::scan);

  /** Declares the group. */
  public ScanCommands() {
    super(Group.GENERIC);
  }

  private static void keys(Call call) {
    ReplyWriter reply = call.reply();
    Database database = call.database();
    Filter filter = new Filter(call, 1, null);
    long mark = reply.deferArray();
    int[] count = {0};
    long cursor = 0;
    do {
      cursor =
          database.scan(
              cursor,
              entry -> {
                if (filter.accepts(entry) && !database.isDue(entry)) {
                  call.replyKey(entry);
                  count[0]++;
                }
              });
    } while (cursor != 0);
    reply.resolve(mark, count[0]);
  }

  private static void scan(Call call) {
    long cursor = call.argCursor(1);
    int matchArg = 0;
    long count = 10;
    Type type = null;
    boolean noSuchType = false;
    for (int i = 2; i < call.count(); i += 2) {
      if (i + 1 == call.count()) {
        throw Errors.SYNTAX;
      } else if (call.is(i, "COUNT")) {
        count = call.argLong(i + 1);
        if (count < 1) {
          throw Errors.SYNTAX;
        }
      } else if (call.is(i, "MATCH")) {
        matchArg = i + 1;
      } else if (call.is(i, "TYPE")) {
        type = Type.named(call.argText(i + 1));
        noSuchType = type == null;
      } else {
        throw Errors.SYNTAX;
      }
    }
    Database database = call.database();
    Page page = new Page(database, noSuchType ? null : new Filter(call, matchArg, type));
    ReplyWriter reply = call.reply();
    // The cursor comes first in the reply, but is known last: collect the addresses, then write.
    long maxSteps = count > Long.MAX_VALUE / 10 ? Long.MAX_VALUE : count * 10;
    do {
      cursor = database.scan(cursor, page::add);
    } while (cursor != 0 && page.seen < count && --maxSteps > 0);
    reply.array(2);
    reply.bulk(Long.toUnsignedString(cursor));
    reply.array(page.size);
    for (int i = 0; i < page.size; i++) {
      call.replyKey(page.entries[i]);
    }
  }

  /** Which keys a caller wants to see; {@code patternArg} is 0 for all. */
  private record Filter(Call call, int patternArg, @Nullable Type type) {
    boolean accepts(long entry) {
      return (type == null || Entry.type(entry) == type)
          && (patternArg == 0
              || call.is(patternArg, "*") // a glob other than this never matches the empty key
              || Glob.matches(
                  call.memory(),
                  call.argAddress(patternArg),
                  call.argLength(patternArg),
                  Region.MEMORY,
                  Entry.keyAddress(entry),
                  Entry.keyLength(entry),
                  false));
    }
  }

  /** What one call of SCAN found. */
  private static final class Page {
    private final Database database;
    private final @Nullable Filter filter;
    private long[] entries = new long[32];
    private int size;
    private long seen;

    Page(Database database, @Nullable Filter filter) {
      this.database = database;
      this.filter = filter;
    }

    void add(long entry) {
      seen++;
      if (filter != null && filter.accepts(entry) && isLive(entry)) {
        if (size == entries.length) {
          entries = Arrays.copyOf(entries, size * 2);
        }
        entries[size++] = entry;
      }
    }

    /** Whether an entry's time has not come; if it has, the key goes. */
    private boolean isLive(long entry) {
      return !database.isDue(entry)
          || database.findLive(Entry.keyAddress(entry), Entry.keyLength(entry)) != Entry.NONE;
    }
  }
}
