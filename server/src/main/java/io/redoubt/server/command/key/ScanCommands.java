package io.redoubt.server.command.key;

import static io.redoubt.protocol.command.Flag.READONLY;
import static io.redoubt.protocol.command.Flag.TOUCHES_ARBITRARY_KEYS;

import io.redoubt.protocol.bytes.Glob;
import io.redoubt.protocol.command.Category;
import io.redoubt.protocol.command.Command;
import io.redoubt.protocol.command.CommandGroup;
import io.redoubt.protocol.command.Group;
import io.redoubt.protocol.resp.ReplyWriter;
import io.redoubt.server.command.common.ScanOptions;
import io.redoubt.server.command.common.ScanPage;
import io.redoubt.server.execution.Call;
import io.redoubt.server.keyspace.Database;
import io.redoubt.server.keyspace.Entry;
import io.redoubt.server.memory.Region;
import io.redoubt.server.structure.BlockConsumer;

/** KEYS and SCAN: the keys of a database, at once or incrementally. */
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
      command("SCAN cursor [MATCH pattern] [COUNT count] [TYPE type{since 6.0.0}]")
          .does("Iterates over the keys of the database.")
          .since("2.8.0")
          .costs("O(1) a call, O(N) for an iteration over N keys")
          .is(READONLY, TOUCHES_ARBITRARY_KEYS)
          .tips("nondeterministic_output", "request_policy:special", "response_policy:special")
          .history("6.0.0", "Added the `TYPE` subcommand.")
          .runs(ScanCommands::scan);

  public ScanCommands() {
    super(Group.GENERIC);
  }

  private static void keys(Call call) {
    ReplyWriter reply = call.reply();
    Database database = call.database();
    boolean all = call.is(1, "*"); // any other glob never matches the empty key
    long pattern = call.argAddress(1);
    int patternLength = call.argLength(1);
    long mark = reply.deferArray();
    int[] count = {0};
    BlockConsumer matcher =
        entry -> {
          if ((all
                  || Glob.matches(
                      Region.MEMORY,
                      pattern,
                      patternLength,
                      Region.MEMORY,
                      Entry.keyAddress(entry),
                      Entry.keyLength(entry),
                      false))
              && !database.isDue(entry)) {
            call.replyKey(entry);
            count[0]++;
          }
        };
    long cursor = 0;
    do {
      cursor = database.scan(cursor, pattern, patternLength, matcher);
    } while (cursor != 0);
    reply.resolve(mark, count[0]);
  }

  private static void scan(Call call) {
    long cursor = call.argCursor(1);
    ScanOptions options = ScanOptions.parse(call, 2, true);
    Database database = call.database();
    ScanPage page = new ScanPage();
    cursor = page.collect((at, to) -> options.scan(database, at, to), cursor, options);
    page.retain(entry -> options.accepts(database, entry));
    ReplyWriter reply = call.reply();
    ScanPage.replyCursor(reply, cursor);
    reply.array(page.size());
    for (int i = 0; i < page.size(); i++) {
      call.replyKey(page.block(i));
    }
  }
}
