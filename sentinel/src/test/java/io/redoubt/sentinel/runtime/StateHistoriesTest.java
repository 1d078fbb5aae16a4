package io.redoubt.sentinel.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.protocol.Seed;
import io.redoubt.protocol.config.FatalConfigError;
import io.redoubt.sentinel.core.Master;
import io.redoubt.sentinel.core.NodeRequest.Purpose;
import io.redoubt.sentinel.core.Sentinel;
import io.redoubt.sentinel.core.SentinelInput;
import io.redoubt.sentinel.core.SentinelOutput;
import io.redoubt.sentinel.core.SentinelState;
import io.redoubt.sentinel.core.SentinelState.MasterState;
import io.redoubt.sentinel.message.Address;
import io.redoubt.sentinel.message.Answer;
import io.redoubt.sentinel.message.Hosts;
import io.redoubt.sentinel.settings.MasterOptions;
import io.redoubt.sentinel.settings.SimulatedCrash;
import io.redoubt.sentinel.settings.Timings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Tests random inputs and commands: the next start reads the sentinel's state from its file. {@code
 * -Dredoubt.histories=10000} runs more of them.
 */
class StateHistoriesTest {
  private static final int HISTORIES = Integer.getInteger("redoubt.histories", 500);
  private static final int INPUTS = 25;
  private static final int RESTARTS = 10;
  private static final String ID = "5bec50a85f9e5ff5fbc33158d18d95e2cf6c7188";
  private static final List<String> OPTIONS =
      List.of(
          "down-after-milliseconds",
          "failover-timeout",
          "parallel-syncs",
          "notification-script",
          "client-reconfig-script",
          "auth-pass",
          "auth-user",
          "quorum",
          "master-reboot-down-after-period",
          "forget-after",
          "rename-command");

  @TempDir private Path folder;

  private final Random random = Seed.random("StateHistoriesTest");
  private final HostileArguments words = new HostileArguments(random);
  private long now;
  private int replicas;
  private int sentinels;

  @Test
  void readsBackTheStateAfterRandomInputs() throws Exception {
    for (int history = 0; history < HISTORIES; history++) {
      if (history % RESTARTS == 0) {
        Files.writeString(file(), "# the operator's\nport 26379\nsentinel myid " + ID + "\n");
      }
      SentinelDirectives directives = load();
      Sentinel sentinel = restored(directives, directives.words().state(ID));
      for (int i = 0; i < INPUTS; i++) {
        tell(sentinel, directives);
      }
      SentinelState state = sentinel.state();
      StateFile.open(directives, state).prepare(state).run();
      SentinelDirectives read = loadWritten(history);
      SentinelState known = read.words().state("");
      String about = "history " + history;
      assertThat(sorted(known)).as(about).isEqualTo(sorted(state));
      assertThat(sorted(restored(read, known).state())).as(about).isEqualTo(sorted(state));
      assertThat(read.words().global()).as(about).isEqualTo(expected(directives, state));
      replicas += state.masters().stream().mapToInt(each -> each.replicas().size()).sum();
      sentinels += state.masters().stream().mapToInt(each -> each.sentinels().size()).sum();
    }
    assertThat(replicas).as("replicas that were taken").isGreaterThan(HISTORIES / 4);
    assertThat(sentinels).as("sentinels that were taken").isGreaterThan(HISTORIES / 4);
  }

  /** Expects that the file enables host names while a node has one. */
  private static GlobalOptions expected(SentinelDirectives directives, SentinelState state) {
    GlobalOptions global = directives.words().global();
    return global.with(
        draft -> draft.resolveHostnames = global.resolveHostnames() || state.hasHostNames());
  }

  private Path file() {
    return folder.resolve("sentinel.conf");
  }

  private SentinelDirectives load() throws Exception {
    SentinelDirectives directives = new SentinelDirectives();
    directives.load(file(), new byte[0], "");
    directives.finish();
    return directives;
  }

  private SentinelDirectives loadWritten(int history) throws Exception {
    try {
      return load();
    } catch (FatalConfigError e) {
      throw new AssertionError("history " + history + ": " + e.text() + text(), e);
    }
  }

  private String text() throws IOException {
    return Files.readString(file());
  }

  private Sentinel restored(SentinelDirectives directives, SentinelState state) {
    return new Sentinel(
        state,
        SentinelControl.settings(
            directives.words().global(), "", 26379, Timings.DEFAULTS, SimulatedCrash.NONE),
        random,
        now);
  }

  /** Returns the state with masters and nodes sorted, because their order has no meaning. */
  private static Object sorted(SentinelState state) {
    TreeMap<String, Object> masters = new TreeMap<>();
    for (MasterState each : state.masters()) {
      masters.put(
          each.name(),
          List.of(
              each.address(),
              each.options(),
              each.configEpoch(),
              each.leaderEpoch(),
              Set.copyOf(each.replicas()),
              new HashSet<>(each.sentinels())));
    }
    return List.of(state.myId(), state.currentEpoch(), masters);
  }

  private void tell(Sentinel sentinel, SentinelDirectives directives) {
    now += random.nextInt(1500);
    switch (random.nextInt(12)) {
      case 0, 1 -> monitor(sentinel, directives);
      case 2 -> step(sentinel, new SentinelInput.Remove(words.name()));
      case 3 -> step(sentinel, new SentinelInput.Reset(List.of(words.name())));
      case 4, 5 -> set(sentinel);
      case 6 -> configure(sentinel, directives);
      case 7 -> step(sentinel, askedIfDown(sentinel));
      case 8 -> step(sentinel, new SentinelInput.Tick());
      case 9 -> step(sentinel, new SentinelInput.Failover(words.name(), false, false));
      default ->
          step(
              sentinel,
              new SentinelInput.HelloHeard(SentinelInput.HelloHeard.NO_LINK, words.hello()));
    }
  }

  private void monitor(Sentinel sentinel, SentinelDirectives directives) {
    String host = words.host();
    if (Hosts.isHost(host, directives.words().global().resolveHostnames())) {
      Address address = new Address(host, 1 + random.nextInt(65535));
      step(sentinel, new SentinelInput.Monitor(words.name(), address, 1 + random.nextInt(3)));
    }
  }

  private void set(Sentinel sentinel) {
    Master master = sentinel.master(words.name());
    if (master == null) {
      return;
    }
    String word = words.oneOf(OPTIONS);
    String value = words.oneIn(2) ? words.number(100_000) : words.text();
    try {
      MasterOptions changed = MasterOptionParser.set(master.options(), word, value, words.text());
      MasterOptionParser.checkScripts(changed, folder);
      step(sentinel, new SentinelInput.Set(master.name(), changed, List.of(word)));
    } catch (MasterOptionParser.Refusal e) {
      assertThat(e.reason()).isNotEmpty();
    }
  }

  private void configure(Sentinel sentinel, SentinelDirectives directives) {
    GlobalOptions global = directives.words().global();
    GlobalOptions changed =
        switch (random.nextInt(6)) {
          case 0 -> global.with(draft -> draft.announceIp = words.host());
          case 1 -> global.with(draft -> draft.announcePort = random.nextInt(65536));
          case 2 -> global.with(draft -> draft.sentinelUser = words.text());
          case 3 -> global.with(draft -> draft.sentinelPass = words.text());
          case 4 -> global.with(draft -> draft.announceHostnames = random.nextBoolean());
          default -> global.with(draft -> draft.resolveHostnames = random.nextBoolean());
        };
    directives.words().setGlobal(changed);
    step(
        sentinel,
        new SentinelInput.Configure(
            SentinelControl.settings(changed, "", 26379, Timings.DEFAULTS, SimulatedCrash.NONE)));
  }

  private SentinelInput askedIfDown(Sentinel sentinel) {
    List<Address> masters = new ArrayList<>(List.of(new Address(words.host(), 6379)));
    sentinel.masters().forEach(each -> masters.add(each.address()));
    long[] epochs = {random.nextInt(30), -1, Long.MAX_VALUE, Long.MAX_VALUE - 1, Long.MIN_VALUE};
    long epoch = epochs[words.oneIn(4) ? random.nextInt(epochs.length) : 0];
    return new SentinelInput.AskedIfDown(words.oneOf(masters), epoch, words.id(), words.oneIn(2));
  }

  /** Connects at once and answers INFO with random text for every node. */
  private void step(Sentinel sentinel, SentinelInput first) {
    Deque<SentinelInput> inputs = new ArrayDeque<>(List.of(first));
    for (int i = 0; i < 100 && !inputs.isEmpty(); i++) {
      for (SentinelOutput output : sentinel.step(now, inputs.remove())) {
        if (output instanceof SentinelOutput.Connect(var link, var kind, var _)) {
          inputs.add(new SentinelInput.Connected(link, kind, "127.0.0.1"));
        } else if (output instanceof SentinelOutput.Send(var link, var _, var request)
            && request.purpose() == Purpose.INFO) {
          inputs.add(new SentinelInput.Replied(link, request, new Answer.Text(words.info())));
        }
      }
    }
  }
}
