package io.redoubt.protocol.command;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.management.ThreadMXBean;
import io.redoubt.protocol.resp.Request;
import java.lang.management.ManagementFactory;
import org.junit.jupiter.api.Test;

class CommandTableTest {
  private static final class Sample extends CommandGroup<Invocation> {
    final Command<Invocation> get = command("GET key").runs(call -> call.reply().nil());
    final Command<Invocation> incrbyfloat =
        command("INCRBYFLOAT key increment").runs(call -> call.reply().nil());
    final Command<Invocation> client = container("CLIENT").help("5.0.0").holds();
    final Command<Invocation> id = command("CLIENT ID").runs(call -> call.reply().integer(1));
    final Command<Invocation> config = container("CONFIG").holds();
    final Command<Invocation> all = container("COMMAND").arity(-1).runs(call -> call.reply().ok());

    Sample() {
      super(Group.GENERIC);
    }
  }

  private static final class More extends CommandGroup<Invocation> {
    final Command<Invocation> client = container("CLIENT").help("5.0.0").holds();
    final Command<Invocation> list = command("CLIENT LIST").runs(call -> call.reply().ok());

    More() {
      super(Group.CONNECTION);
    }
  }

  private final Sample sample = new Sample();
  private final CommandTable<Invocation> table = new CommandTable<>();

  CommandTableTest() {
    table.add(sample, new More());
  }

  @Test
  void ignoresCase() {
    assertThat(table.find(Request.of("get", "k"))).isSameAs(sample.get);
    assertThat(table.find(Request.of("GeT"))).isSameAs(sample.get);
    assertThat(table.find(Request.of("incrBYFLOAT"))).isSameAs(sample.incrbyfloat);
    assertThat(table.find(Request.of("incrbyfloaT1"))).isNull();
    assertThat(table.find(Request.of("ge"))).isNull();
    assertThat(table.find(Request.of("[et"))).isNull();
    assertThat(table.find(Request.of("client", "Id"))).isSameAs(sample.id);
    assertThat(table.find(Request.of("client"))).isSameAs(sample.client);
    assertThat(table.find(Request.of(""))).isNull();
  }

  @Test
  void mergesContainersOfSeveralGroups() {
    Command<?> list = table.find(Request.of("client", "list"));
    assertThat(list).isNotNull();
    assertThat(list.container()).isSameAs(sample.client);
    assertThat(sample.client.subcommands())
        .extracting(Command::name)
        .containsExactly("client|help", "client|id", "client|list");
  }

  @Test
  void refusesUnknownCommandsWithRedisErrors() {
    assertThat(table.unknown(Request.of("foo", "bar", "b\r\nz")).text())
        .isEqualTo("ERR unknown command 'foo', with args beginning with: 'bar' 'b\r\nz' ");
    assertThat(table.unknown(Request.of("client", "foo")).text())
        .isEqualTo("ERR unknown subcommand 'foo'. Try CLIENT HELP.");
    assertThat(Errors.wrongArity(sample.id).text())
        .isEqualTo("ERR wrong number of arguments for 'client|id' command");
    String longWord = "x".repeat(200);
    assertThat(table.unknown(Request.of(longWord, longWord, "never")).text())
        .isEqualTo(
            "ERR unknown command '"
                + "x".repeat(128)
                + "', with args beginning with: '"
                + "x".repeat(128)
                + "' ");
  }

  @Test
  void renamesCommands() {
    table.rename("GET", "fetch");
    assertThat(table.find(Request.of("get"))).isNull();
    assertThat(table.find(Request.of("FETCH"))).isSameAs(sample.get);
    assertThat(table.byOriginalName("get")).isSameAs(sample.get);
    assertThat(table.byName("get")).isNull();
    table.rename("config", "");
    assertThat(table.find(Request.of("config", "get"))).isNull();
    assertThat(table.all()).doesNotContain(sample.config);
    assertThatThrownBy(() -> table.rename("nosuch", "x"))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> table.rename("fetch", "client"))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void countsPerInstance() {
    sample.get.countCalls(1, 700);
    sample.get.countCalls(2, 1400);
    sample.get.countFailed();
    assertThat(sample.get.calls()).isEqualTo(3);
    assertThat(sample.get.microseconds()).isEqualTo(2);
    assertThat(new Sample().get.calls()).isZero();
    table.resetStatistics();
    assertThat(sample.get.microseconds()).isZero();
  }

  @Test
  void lookupAllocatesNothing() {
    Request request = Request.of("incrbyfloat", "k", "1");
    Request subcommand = Request.of("client", "list");
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long found = 0;
    long before = 0;
    for (int i = 0; i < 40_000; i++) {
      if (i == 20_000) {
        before = threads.getCurrentThreadAllocatedBytes();
      }
      found += table.find(request) == null ? 0 : 1;
      found += table.find(subcommand) == null ? 0 : 1;
    }
    assertThat(threads.getCurrentThreadAllocatedBytes() - before).isLessThan(20_000);
    assertThat(found).isEqualTo(80_000);
  }
}
