package io.redoubt.protocol.command;

import static io.redoubt.protocol.command.Flag.FAST;
import static io.redoubt.protocol.command.Flag.WRITE;
import static io.redoubt.protocol.command.KeyFlag.ACCESS;
import static io.redoubt.protocol.command.KeyFlag.DELETE;
import static io.redoubt.protocol.command.KeyFlag.OW;
import static io.redoubt.protocol.command.KeyFlag.RO;
import static io.redoubt.protocol.command.KeyFlag.RW;
import static io.redoubt.protocol.command.KeyFlag.UPDATE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.redoubt.protocol.command.usage.Argument;
import io.redoubt.protocol.resp.Request;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CommandDeclarationTest {
  /** A group of one command, or of a container and one subcommand. */
  private static final class OneCommand extends CommandGroup<Invocation> {
    final Command<Invocation> command;

    OneCommand(Group group, String usage, UnaryOperator<CommandGroup.Builder<Invocation>> details) {
      super(group);
      command = details.apply(command(usage)).runs(call -> call.reply().ok());
    }
  }

  private static Command<Invocation> declare(
      String usage, UnaryOperator<CommandGroup.Builder<Invocation>> details) {
    return new OneCommand(Group.STRING, usage, details).command;
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      textBlock =
          """
          GET key; 2
          PING [message]; -1
          SET key value [NX | XX] [GET] [EX seconds | PX milliseconds | KEEPTTL]; -3
          HSET key (field value)...; -4
          DEL key...; -2
          BLPOP key... timeout; -3
          SRANDMEMBER key [count]; -2
          LINSERT key (BEFORE | AFTER) pivot element; 5
          BITOP (AND | OR | XOR | NOT) destkey key...; -4
          ZADD key [NX | XX] [GT | LT] [CH] [INCR] (score member)...; -4
          REPLICAOF (host port | NO ONE); 3
          MIGRATE host port (key | "") destination-db timeout [COPY] [KEYS key...]; -6
          XREAD [COUNT count] [BLOCK milliseconds] STREAMS key... id...; -4
          WAIT numreplicas timeout; 3
          LATENCYLIKE (ON | OFF | SKIP); 2
          """)
  void derivesArityFromTheUsageLine(String usage, int arity) {
    assertThat(declare(usage, it -> it).arity()).isEqualTo(arity);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      textBlock =
          """
          GET key; 1; 1; 1
          DEL key...; 1; -1; 1
          MSET (key value)...; 1; -1; 2
          BLPOP key... timeout; 1; -2; 1
          LCS key1 key2 [LEN]; 1; 2; 1
          BITCOUNT key [start end]; 1; 1; 1
          PROBE word key; 2; 2; 1
          ZUNION numkeys key... [WITHSCORES]; 0; 0; 0
          """)
  void derivesKeyPositionsFromTheUsageLine(String usage, int first, int last, int step) {
    Command<?> command = declare(usage, it -> it.keys(RO, ACCESS));
    assertThat(List.of(command.firstKey(), command.lastKey(), command.keyStep()))
        .containsExactly(first, last, step);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      textBlock =
          """
          HSET key (field value)...; 2
          ZADD key [NX | XX] [CH] (score member)...; 3
          ZINCRBY key increment member; 3
          HEXPIRE key seconds FIELDS numfields field...; 5
          PROBE word member; 2
          GET key; 0
          ZRANGE key start stop [member]; 0
          """)
  void derivesArgumentPositionsFromTheUsageLine(String usage, int position) {
    Command<?> command = declare(usage, it -> it);
    assertThat(command.positionOf(Set.of("field", "member"))).isEqualTo(position);
  }

  @Test
  void mergesKeySpecsToOneRange() {
    Command<?> rename =
        declare("RENAME key newkey", it -> it.keys(RW, ACCESS, DELETE).keys(OW, UPDATE));
    assertThat(rename.keySpecs().list()).hasSize(2);
    assertThat(List.of(rename.firstKey(), rename.lastKey(), rename.keyStep()))
        .containsExactly(1, 2, 1);
    Command<?> bitop =
        declare("BITOP (AND | OR) destkey key...", it -> it.keys(OW, UPDATE).keys(RO, ACCESS));
    assertThat(List.of(bitop.firstKey(), bitop.lastKey(), bitop.keyStep()))
        .containsExactly(2, -1, 1);
    assertThat(bitop.keySpecs().isMovable()).isFalse();
  }

  @Test
  void countedKeysMakeTheCommandMovable() {
    Command<?> store =
        declare(
            "ZUNIONSTORE destination numkeys key... [WEIGHTS weight...]",
            it -> it.keys(OW, UPDATE).keys(RO, ACCESS));
    assertThat(store.keySpecs().isMovable()).isTrue();
    assertThat(keys(store, "zunionstore", "out", "2", "a", "b", "weights", "1", "2"))
        .containsExactly("out", "a", "b");
    assertThat(store.keySpecs().forEach(Request.of("zunionstore", "out", "9", "a"), (i, f) -> {}))
        .isFalse();
    assertThat(store.keySpecs().forEach(Request.of("zunionstore", "out", "x", "a"), (i, f) -> {}))
        .isFalse();
  }

  @Test
  void findsKeysAfterAKeyword() {
    Command<?> xread =
        declare(
            "XREAD [COUNT count] STREAMS key... id...",
            it -> it.keys(KeySpec.keyword("STREAMS", 1).range(-1, 1, 2).is(RO, ACCESS)));
    assertThat(keys(xread, "xread", "count", "1", "streams", "a", "b", "0", "0"))
        .containsExactly("a", "b");
    Command<?> migrate =
        declare(
            "MIGRATE host port [KEYS key...]",
            it -> it.keys(KeySpec.keyword("KEYS", -2).range(-1, 1).is(RW, ACCESS)));
    assertThat(keys(migrate, "migrate", "h", "p", "keys", "a", "b")).containsExactly("a", "b");
    assertThat(keys(migrate, "migrate", "h", "p")).isEmpty();
  }

  private static List<String> keys(Command<?> command, String... words) {
    Request request = Request.of(words);
    List<String> keys = new ArrayList<>();
    assertThat(command.keySpecs().forEach(request, (i, flags) -> keys.add(request.text(i))))
        .isTrue();
    return keys;
  }

  @Test
  void derivesCategoriesFromGroupAndFlags() {
    Command<?> append = declare("APPEND key value", it -> it.is(WRITE, FAST).keys(RW));
    assertThat(categories(append)).containsExactly("write", "string", "fast");
    Command<?> info = new OneCommand(Group.SERVER, "INFO [section...]", it -> it).command;
    assertThat(categories(info)).containsExactly("slow");
    Command<?> stated =
        new OneCommand(
                Group.GENERIC, "WAIT numreplicas timeout", it -> it.categories(Category.CONNECTION))
            .command;
    assertThat(categories(stated)).containsExactly("slow", "connection");
    Command<?> eval =
        new OneCommand(Group.SCRIPTING, "EVAL_RO script", it -> it.is(Flag.READONLY)).command;
    assertThat(categories(eval)).containsExactly("slow", "scripting");
  }

  private static List<String> categories(Command<?> command) {
    List<String> names = new ArrayList<>();
    for (Category category : Category.values()) {
      if (command.isIn(category)) {
        names.add(category.label());
      }
    }
    return names;
  }

  @Test
  void parsesTheArgumentTree() {
    Command<?> set =
        declare(
            "SET key value [NX | XX] [EX seconds | KEEPTTL] [LIMIT offset count] [GET pattern]...",
            it -> it.keys(OW, UPDATE));
    List<Argument> arguments = set.arguments();
    assertThat(arguments)
        .extracting(Argument::name)
        .containsExactly("key", "value", "nx_xx", "seconds_keepttl", "offset_count", "pattern");
    assertThat(arguments)
        .extracting(Argument::type)
        .containsExactly(
            Argument.Type.KEY,
            Argument.Type.STRING,
            Argument.Type.ONEOF,
            Argument.Type.ONEOF,
            Argument.Type.BLOCK,
            Argument.Type.PATTERN);
    assertThat(arguments.get(0).keySpec()).isZero();
    assertThat(arguments.get(2).parts()).extracting(Argument::token).containsExactly("NX", "XX");
    assertThat(arguments.get(3).parts().getFirst().token()).isEqualTo("EX");
    assertThat(arguments.get(3).parts().getFirst().type()).isEqualTo(Argument.Type.INTEGER);
    assertThat(arguments.get(4).token()).isEqualTo("LIMIT");
    assertThat(arguments.get(5).occurrence().multipleToken()).isTrue();
    assertThat(arguments.get(5).optional()).isTrue();
  }

  @Test
  void appliesNotesToTheArgumentBeforeThem() {
    Command<?> command =
        declare(
            "SORT key [BY pattern{by-pattern, key 1, pattern}] [WEIGHTS weight...]"
                + " [COUNT count{string} [ANY]{since 6.2.0}]{count-block}"
                + " (\"\"{empty} | ip:port{address, since 2.0.0, deprecated 2.8.12}){which}",
            it -> it.keys(RO, ACCESS));
    List<Argument> arguments = command.arguments();
    assertThat(arguments)
        .extracting(Argument::name)
        .containsExactly("key", "by-pattern", "weight", "count-block", "which");
    Argument by = arguments.get(1);
    assertThat(by.displayText()).isEqualTo("pattern");
    assertThat(by.keySpec()).isEqualTo(1);
    assertThat(by.type()).isEqualTo(Argument.Type.PATTERN);
    assertThat(arguments.get(2).occurrence()).isEqualTo(new Argument.Occurrence(true, true, false));
    Argument count = arguments.get(3);
    assertThat(count.token()).as("a block with an optional part keeps its head's token").isNull();
    assertThat(count.parts().get(0).token()).isEqualTo("COUNT");
    assertThat(count.parts().get(0).type()).isEqualTo(Argument.Type.STRING);
    assertThat(count.parts().get(1).versions()).isEqualTo(new Argument.Versions("6.2.0", null));
    Argument which = arguments.get(4);
    assertThat(which.parts().get(0).token()).isEmpty();
    assertThat(which.parts().get(1).name()).isEqualTo("address");
    assertThat(which.parts().get(1).versions()).isEqualTo(new Argument.Versions("2.0.0", "2.8.12"));
  }

  @ParameterizedTest
  @CsvSource({"GET [key", "GET key]", "GET (a | )", "GET ...", "GET key{since}x{y z}"})
  void refusesAMalformedUsageLine(String usage) {
    assertThatThrownBy(() -> declare(usage, it -> it).arity())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(usage);
  }

  @Test
  void refusesMoreKeysThanTheUsageLineHas() {
    assertThatThrownBy(() -> declare("GET key", it -> it.keys(RO).keys(RO)).keySpecs())
        .isInstanceOf(IllegalArgumentException.class);
  }
}
