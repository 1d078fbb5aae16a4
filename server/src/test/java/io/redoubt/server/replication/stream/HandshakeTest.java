package io.redoubt.server.replication.stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.redoubt.server.replication.stream.Handshake.Identity;
import io.redoubt.server.replication.stream.Handshake.Output;
import io.redoubt.server.replication.stream.Handshake.ResumePoint;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class HandshakeTest {
  private static final String ID = "a".repeat(40);
  private static final String NEW_ID = "b".repeat(40);
  private static final Identity PLAIN = new Identity(List.of(), 6380, null, 0, false, 1, null);

  @Test
  void asksForAFullSyncWithoutHistory() {
    Handshake handshake = new Handshake(PLAIN, null, false);
    assertThat(said(handshake.connected()))
        .containsExactly("* Non blocking connect for SYNC fired the event.", "> PING");
    assertThat(said(handshake.reply("+PONG")))
        .containsExactly(
            "* Master replied to PING, replication can continue...",
            "> REPLCONF listening-port 6380",
            "> REPLCONF capa eof capa psync2");
    assertThat(said(handshake.reply("+OK"))).isEmpty();
    assertThat(said(handshake.reply("+OK")))
        .containsExactly(
            "* Partial resynchronization not possible (no cached master)", "> PSYNC ? -1");
    assertThat(said(handshake.reply(""))).isEmpty();
    assertThat(handshake.isOver()).isFalse();
    assertThat(said(handshake.reply("+FULLRESYNC " + ID + " 42")))
        .containsExactly("* Full resync from master: " + ID + ":42", "full " + ID + " 42");
    assertThat(handshake.isOver()).isTrue();
    assertThatThrownBy(() -> handshake.reply("+OK")).isInstanceOf(IllegalStateException.class);
  }

  @Test
  void offersInterleavedSync() {
    Handshake handshake =
        new Handshake(new Identity(List.of(), 1, null, 1 << 20, false, 1, null), null, false);
    handshake.connected();
    assertThat(said(handshake.reply("+PONG")))
        .endsWith("> REPLCONF capa eof capa psync2 capa interleave:1048576");
  }

  @Test
  void announcesSupportOfFieldExpiry() {
    Handshake handshake =
        new Handshake(new Identity(List.of(), 1, null, 0, true, 1, null), null, false);
    handshake.connected();
    assertThat(said(handshake.reply("+PONG")))
        .endsWith("> REPLCONF capa eof capa psync2 capa hash-field-expiry");
  }

  @Test
  void announcesTheDatabasesOfAClusterNode() {
    Handshake handshake =
        new Handshake(new Identity(List.of(), 1, null, 0, false, 16, null), null, false);
    handshake.connected();
    assertThat(said(handshake.reply("+PONG")))
        .endsWith("> REPLCONF capa eof capa psync2 capa cluster-databases:16");
    assertThat(Handshake.databases("cluster-databases:16")).isEqualTo(16);
    for (String other : List.of("eof", "cluster-databases:", "cluster-databases:-3")) {
      assertThat(Handshake.databases(other)).isZero();
    }
    assertThat(Handshake.databases("cluster-databases:99999999999")).isEqualTo(Integer.MAX_VALUE);
  }

  @Test
  void tellsTheLatestMasterThatItFollowed() {
    FollowedTerm followed = new FollowedTerm(ID, 7);
    Handshake handshake =
        new Handshake(new Identity(List.of(), 1, null, 0, false, 1, followed), null, false);
    handshake.connected();
    String capability = "followed-term:7:" + ID;
    assertThat(said(handshake.reply("+PONG")))
        .endsWith("> REPLCONF capa eof capa psync2 capa " + capability);
    assertThat(FollowedTerm.parse(capability)).isEqualTo(followed);
    for (String other :
        List.of("eof", "followed-term:", "followed-term:-7:" + ID, capability + "0")) {
      assertThat(FollowedTerm.parse(other)).isNull();
    }
  }

  @Test
  void authenticatesAndAnnouncesItsAddress() {
    Handshake handshake =
        new Handshake(
            new Identity(List.of("AUTH", "!Xin"), 6380, "10.0.0.7", 0, false, 1, null),
            null,
            false);
    handshake.connected();
    assertThat(said(handshake.reply("-NOAUTH Authentication required.")))
        .containsExactly(
            "* Master replied to PING, replication can continue...",
            "> AUTH !Xin",
            "> REPLCONF listening-port 6380",
            "> REPLCONF ip-address 10.0.0.7",
            "> REPLCONF capa eof capa psync2");
    assertThat(said(handshake.reply("+OK"))).isEmpty();
    assertThat(said(handshake.reply("-ERR a")))
        .containsExactly(
            "* (Non critical) Master does not understand REPLCONF listening-port: -ERR a");
    assertThat(said(handshake.reply("-ERR b")))
        .containsExactly("* (Non critical) Master does not understand REPLCONF ip-address: -ERR b");
    assertThat(said(handshake.reply("-ERR c")))
        .containsExactly(
            "* (Non critical) Master does not understand REPLCONF capa: -ERR c",
            "* Partial resynchronization not possible (no cached master)",
            "> PSYNC ? -1");
  }

  @Test
  void authenticatesAsAUser() {
    Handshake handshake =
        new Handshake(
            new Identity(List.of("AUTH", "repl", "pw"), 1, null, 0, false, 1, null), null, false);
    handshake.connected();
    assertThat(said(handshake.reply("+PONG"))).contains("> AUTH repl pw");
  }

  @Test
  void givesUpOnAWrongPassword() {
    Handshake handshake =
        new Handshake(new Identity(List.of("AUTH", "no"), 1, null, 0, false, 1, null), null, false);
    handshake.connected();
    handshake.reply("+PONG");
    assertThat(
            said(handshake.reply("-WRONGPASS invalid username-password pair or user is disabled.")))
        .containsExactly(
            "# Unable to AUTH to MASTER: -WRONGPASS invalid username-password pair or user is"
                + " disabled.",
            "abandon");
  }

  @Test
  void givesUpOnAnErrorToPing() {
    for (String error : List.of("-ERR boo", "hello", "")) {
      Handshake handshake = new Handshake(PLAIN, null, false);
      handshake.connected();
      assertThat(said(handshake.reply(error)))
          .containsExactly("# Error reply to PING from master: '" + error + "'", "abandon");
    }
  }

  @Test
  void resumesFromItsOffset() {
    Handshake handshake = atPsync(new ResumePoint(ID, 51));
    assertThat(said(handshake.reply("+CONTINUE")))
        .containsExactly(
            "* Successful partial resynchronization with master.",
            "* MASTER <-> REPLICA sync: Master accepted a Partial Resynchronization.",
            "resume null");
  }

  @Test
  void adoptsTheMastersNewId() {
    assertThat(said(atPsync(new ResumePoint(ID, 51)).reply("+CONTINUE " + NEW_ID)))
        .containsExactly(
            "* Successful partial resynchronization with master.",
            "# Master replication ID changed to " + NEW_ID,
            "* MASTER <-> REPLICA sync: Master accepted a Partial Resynchronization.",
            "resume " + NEW_ID);
    assertThat(said(atPsync(new ResumePoint(ID, 51)).reply("+CONTINUE " + ID)))
        .last()
        .isEqualTo("resume null");
  }

  @Test
  void retriesIfTheMasterIsNotReady() {
    for (String reply : List.of("-NOMASTERLINK Can't SYNC while not connected", "-LOADING x")) {
      assertThat(said(atPsync(null).reply(reply)))
          .containsExactly(
              "* Master is currently unable to PSYNC but should be in the future: " + reply,
              "abandon");
    }
  }

  @Test
  void fallsBackToSync() {
    assertThat(said(atPsync(null).reply("-ERR unknown command")))
        .containsExactly(
            "* Master does not support PSYNC or is in error state (reply: -ERR unknown command)",
            "* Retrying with SYNC...",
            "> SYNC\r\n",
            "full");
    assertThat(said(atPsync(null).reply("-NOAUTH Authentication required.")))
        .startsWith(
            "# Unexpected reply to PSYNC from master: -NOAUTH Authentication required.",
            "* Retrying with SYNC...");
  }

  @Test
  void acceptsATransferWithoutAUsableHistory() {
    for (String reply :
        List.of("+FULLRESYNC", "+FULLRESYNC x", "+FULLRESYNC abc 3", "+FULLRESYNC " + ID + " x")) {
      assertThat(said(atPsync(null).reply(reply)))
          .containsExactly("# Master replied with wrong +FULLRESYNC syntax.", "full");
    }
  }

  @Test
  void refusesToResumeWithoutAskingForIt() {
    assertThat(said(atPsync(null).reply("+CONTINUE " + ID)))
        .containsExactly("# Unexpected reply to PSYNC from master: +CONTINUE " + ID, "abandon");
  }

  @Test
  void reportsThePhaseOfABrokenConnection() {
    assertThat(said(new Handshake(PLAIN, null, false).disconnected())).isEmpty();
    Handshake early = new Handshake(PLAIN, null, false);
    early.connected();
    assertThat(said(early.disconnected()))
        .containsExactly(
            "# Failed to read response from the server: Success",
            "# Master did not respond to command during SYNC handshake",
            "abandon");
    assertThat(said(atPsync(null).disconnected()))
        .contains("# Master did not reply to PSYNC, will try later");
  }

  private static Handshake atPsync(@Nullable ResumePoint point) {
    Handshake handshake = new Handshake(PLAIN, point, false);
    handshake.connected();
    handshake.reply("+PONG");
    handshake.reply("+OK");
    assertThat(said(handshake.reply("+OK")))
        .last()
        .isEqualTo(point == null ? "> PSYNC ? -1" : "> PSYNC " + ID + " 51");
    return handshake;
  }

  @Test
  void asksTheNextMasterToTakeOver() {
    ResumePoint point = new ResumePoint("b".repeat(40), 7);
    for (String refusal : List.of("-NOPERM no", "-ERR no", "-LOADING later")) {
      Handshake handshake = new Handshake(PLAIN, point, true);
      handshake.connected();
      handshake.reply("+PONG");
      handshake.reply("+OK");
      assertThat(said(handshake.reply("+OK"))).contains("> PSYNC " + point.id() + " 7 FAILOVER");
      assertThat(said(handshake.reply(refusal))).endsWith("refused", "abandon");
    }
  }

  private static List<String> said(List<Output> outputs) {
    return outputs.stream()
        .map(output ->
            switch (output) {
              case Handshake.Send send -> "> " + String.join(" ", send.words());
              case Handshake.SendLine send -> "> " + send.line();
              case Handshake.Say say -> (say.line().warning() ? "# " : "* ") + say.line().text();
              case Handshake.FullResync full -> "full " + full.id() + " " + full.offset();
              case Handshake.FullResyncWithoutHistory full -> "full";
              case Handshake.Resume resume -> "resume " + resume.newId();
              case Handshake.TakeoverRefused refused -> "refused";
              case Handshake.Abandon abandon -> "abandon";
            })
        .toList();
  }
}
