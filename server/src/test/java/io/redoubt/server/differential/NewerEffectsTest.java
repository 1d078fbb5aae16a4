package io.redoubt.server.differential;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The propagation and keyspace events of commands that Redis 7.2 lacks. */
final class NewerEffectsTest extends EffectsFixture {
  @BeforeEach
  void selectTheDatabase() {
    propagates("SET first 1", "SELECT 0", "SET first 1");
    events();
  }

  @Test
  void setsWithoutTheComparison() {
    propagates("SET k 1 IFNE 1", "SET k 1");
    propagates("SET k 2 IFEQ 2");
    propagates("SET k 2 IFEQ 1 KEEPTTL GET", "SET k 2 KEEPTTL");
    propagates("SET k ifeq IFEQ 2", "SET k ifeq");
    propagates("SET k GET IFEQ ifeq", "SET k GET");
    propagates("SET k 3 IFEQ GET PXAT 33177117420000", "SET k 3 PXAT 33177117420000");
    propagates("SET k 3 IFNE 3 GET");
    propagates("DELIFEQ k 2");
    propagates("DELIFEQ k 3", "DEL k");
    propagates("SET k 4", "SET k 4");
    propagates("DELEX k IFNE 5", "DEL k");
    propagates("DELEX k");
    assertThat(events())
        .containsExactly(
            "set k", "set k", "set k", "set k", "set k", "expire k", "del k", "set k", "del k");
    propagates("SET k 1 IFDNE 0000000000000000 KEEPTTL", "SET k 1 KEEPTTL");
    propagates("SET k 2 IFDEQ 0000000000000000");
    propagates("SET k 2 IFDNE 0000000000000000 GET", "SET k 2");
    propagates("DELEX k IFDEQ 0000000000000000");
    propagates("DELEX k IFDNE 0000000000000000", "DEL k");
    assertThat(events()).containsExactly("set k", "set k", "del k");
  }

  @Test
  void setsSeveralByOlderCommands() {
    propagates("MSETEX 2 a 1 b 2", "MSET a 1 b 2");
    propagates("MSETEX 2 a 1 c 2 NX");
    propagates("MSETEX 1 a 2 PXAT " + FAR, "SET a 2 PXAT " + FAR);
    propagates("MSETEX 2 a 3 b 3 XX KEEPTTL", "MULTI", "SET a 3 PXAT " + FAR, "SET b 3", "EXEC");
    assertThat(events()).containsExactly("set a", "set b", "set a", "expire a", "set a", "set b");
  }

  @Test
  void sendsTheResultOfBoundedIncrements() {
    propagates("INCREX n BYINT 5", "SET n 5");
    propagates("INCREX n UBOUND 5");
    propagates("INCREX n UBOUND 5 SATURATE PXAT " + FAR, "SET n 5 PXAT " + FAR);
    propagates("INCREX n EX 10 ENX", "SET n 6 PXAT " + FAR);
    propagates("INCREX n", "SET n 7 PXAT " + FAR);
    propagates("INCREX n BYFLOAT 0.5", "SET n 7.5 PXAT " + FAR);
    propagates("INCREX n BYFLOAT 0.5 PERSIST", "SET n 8");
    propagates("INCREX n PERSIST", "SET n 9");
    propagates("INCREX n PXAT 1", "DEL n");
    propagates("INCREX n PXAT 1");
    assertThat(events())
        .containsExactly(
            "incrby n",
            "incrby n",
            "expire n",
            "incrby n",
            "incrby n",
            "incrbyfloat n",
            "incrbyfloat n",
            "persist n",
            "incrby n",
            "del n");
  }

  @Test
  void sendsTheMembersOfNewerStoredSets() {
    propagates("ZADD a 1 x 2 y", "ZADD a 1 x 2 y");
    propagates("ZADD b 5 y", "ZADD b 5 y");
    propagates("ZUNIONSTORE d 2 a b AGGREGATE COUNT", "ZADD d 1 x 2 y");
    propagates(
        "ZINTERSTORE d 2 a b AGGREGATE COUNT WEIGHTS 0.1 0.2",
        "MULTI",
        "DEL d",
        "ZADD d 0.30000000000000004 y",
        "EXEC");
    propagates("ZINTERSTORE d 2 a none AGGREGATE COUNT", "DEL d");
    propagates("ZINTERSTORE d 2 a none AGGREGATE COUNT");
    propagates("ZUNIONSTORE d 1 a AGGREGATE SUM", "ZUNIONSTORE d 1 a AGGREGATE SUM");
    says("GEOADD g 13.361389 38.115556 Palermo");
    replica.next();
    propagates(
        "GEOSEARCHSTORE d g BYPOLYGON 3 13 38 14 38 13.5 39",
        "MULTI",
        "DEL d",
        "ZADD d 3479099956230698 Palermo",
        "EXEC");
    propagates("GEOSEARCHSTORE d g BYPOLYGON 3 1 1 2 1 2 2", "DEL d");
    propagates("GEOSEARCHSTORE d g BYPOLYGON 3 1 1 2 1 2 2");
    assertThat(events())
        .containsExactly(
            "zadd a",
            "zadd b",
            "zunionstore d",
            "zinterstore d",
            "del d",
            "zunionstore d",
            "zadd g",
            "geosearchstore d",
            "del d");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "ZUNIONSTORE d 1 none AGGREGATE COUNT",
        "GEOSEARCHSTORE d g BYPOLYGON 3 1 1 2 1 2 2",
        "BITOP DIFF1 d none none2"
      })
  void deletesADueDestinationForAnEmptyResult(String request) {
    says("DEBUG SET-ACTIVE-EXPIRE 0");
    says("GEOADD g 13.361389 38.115556 Palermo");
    says("SET d old PXAT 1");
    replica.next();
    propagates(request, "DEL d");
    assertThat(events()).endsWith("del d").doesNotContain("expired d");
  }

  @Test
  void sendsManyMembersInSeveralCommands() {
    StringBuilder members = new StringBuilder("ZADD a");
    for (int i = 0; i < 1025; i++) {
      members.append(" 1 m").append(i);
    }
    says(members.toString());
    replica.next();
    says("ZUNIONSTORE d 1 a AGGREGATE COUNT");
    assertThat(replica.next().stream().map(List::size)).containsExactly(1, 1026, 1026, 4, 1);
  }

  @Test
  void sendsTheResultOfNewerBitOperations() {
    propagates("MSET x abc y b", "MSET x abc y b");
    propagates("BITOP AND d x y", "BITOP AND d x y");
    propagates("BITOP DIFF d y x", "SET d \u0002\0\0");
    propagates("BITOP ONE d x none", "SET d abc");
    propagates("BITOP ANDOR x x y", "SET x `\0\0");
    propagates("BITOP DIFF1 d none none2", "DEL d");
    propagates("BITOP DIFF1 d none none2");
    assertThat(events())
        .containsExactly("set x", "set y", "set d", "set d", "set d", "set x", "del d");
  }

  @Test
  void sendsValuesAndExpiriesOfFieldsApart() {
    propagates("HSETEX h FIELDS 2 a 1 b 2", "HSET h a 1 b 2");
    propagates(
        "HSETEX h FNX PXAT " + FAR + " FIELDS 2 c 3 d 4",
        "MULTI",
        "HSET h c 3 d 4",
        NEWER + " HPEXPIREAT h " + FAR + " FIELDS 2 c d",
        "EXEC");
    propagates("HSETEX h FNX FIELDS 1 a 1");
    propagates("HSETEX h NX FIELDS 1 e 1");
    propagates("HSETEX none XX FIELDS 1 e 1");
    propagates(
        "HSETEX h KEEPTTL FIELDS 3 c 5 a 5 d 5",
        "MULTI",
        "HSET h c 5 a 5 d 5",
        NEWER + "HPEXPIREAT h " + FAR + " FIELDS 1 c",
        NEWER + "HPEXPIREAT h " + FAR + " FIELDS 1 d",
        "EXEC");
    propagates("HSETEX h EX 0 FIELDS 2 d 1 z 1", "HDEL h d z");
    assertThat(events())
        .containsExactly("hset h", "hset h", "hexpire h", "hset h", "hset h", "hdel h");
    propagates("HSETEX none PXAT 1 FIELDS 1 d 1");
    assertThat(events()).containsExactly("hset none", "hdel none", "del none");
    propagates("HGETEX h FIELDS 2 a z");
    propagates("HGETEX h PERSIST FIELDS 2 a z");
    propagates("HGETEX h PERSIST FIELDS 2 a c", NEWER + "HPERSIST h FIELDS 2 a c");
    propagates(
        "HGETEX h FIELDS 3 z a b PXAT " + FAR, NEWER + " HPEXPIREAT h " + FAR + " FIELDS 2 a b");
    propagates("HGETEX h PXAT " + FAR + " FIELDS 1 z");
    propagates("HGETEX h PX 0 FIELDS 2 z a", "HDEL h z a");
    propagates("HGETDEL h FIELDS 1 z");
    propagates("HGETDEL h FIELDS 2 b c", "HDEL h b c");
    assertThat(events()).containsExactly("hpersist h", "hexpire h", "hdel h", "hdel h", "del h");
  }

  @Test
  void deletesDueFieldsBeforeOthersAreSet() {
    says("DEBUG SET-ACTIVE-EXPIRE 0");
    says("HSET h b 2"); // first, because a hash disappears with its last field
    says("HSETEX h PX 1 FIELDS 1 a 1");
    awaitReply("*1\r\n$-1\r\n", "HMGET", "h", "a");
    replica.next();
    events();
    propagates("HSETEX h FNX KEEPTTL FIELDS 1 a 3", "MULTI", "HDEL h a", "HSET h a 3", "EXEC");
    assertThat(events()).containsExactly("hexpired h", "hset h");
  }

  @Test
  void deletesEntriesWithTheirReferencesByOlderCommands() {
    for (int i = 1; i <= 6; i++) {
      propagates("XADD s " + i + "-0 f v", "XADD s " + i + "-0 f v");
    }
    propagates("XGROUP CREATE s g 0", "XGROUP CREATE s g 0");
    propagates("XGROUP CREATE s h 0", "XGROUP CREATE s h 0");
    says("XREADGROUP GROUP g c COUNT 4 STREAMS s >");
    says("XREADGROUP GROUP h c COUNT 4 STREAMS s >");
    replica.next();
    events();
    propagates("XDELEX s ACKED IDS 2 1-0 9-0");
    propagates("XDELEX s IDS 2 1-0 9-0", "XDEL s 1-0");
    propagates(
        "XDELEX s DELREF IDS 3 1-0 2 9-0",
        "MULTI",
        "XDEL s 1-0 2-0",
        "XACK s g 1-0 2-0",
        "XACK s h 1-0 2-0",
        "EXEC");
    propagates("XACKDEL s g ACKED IDS 2 3-0 6-0", "XACK s g 3-0");
    propagates("XACKDEL s h ACKED IDS 1 3-0", "MULTI", "XACK s h 3-0", "XDEL s 3-0", "EXEC");
    propagates(
        "XACKDEL s g DELREF IDS 1 4-0",
        "MULTI",
        "XACK s g 4-0",
        "XDEL s 4-0",
        "XACK s g 4-0",
        "XACK s h 4-0",
        "EXEC");
    propagates("XACKDEL s g IDS 1 5-0");
    assertThat(events()).containsExactly("xdel s", "xdel s", "xdel s", "xdel s");
    propagates("XADD s KEEPREF 7 f v", "XADD s 7 f v");
    propagates("XADD s KEEPREF MAXLEN = 3 8-* f v", "XADD s MAXLEN = 3 8-0 f v");
    propagates("XTRIM s MAXLEN 2 KEEPREF", "XTRIM s MAXLEN 2");
    propagates("XTRIM s MAXLEN 2 DELREF");
    propagates("XTRIM s MAXLEN 1 ACKED");
    says("XREADGROUP GROUP g c STREAMS s >");
    replica.next();
    propagates(
        "XADD s MAXLEN 2 DELREF 9 f v",
        "MULTI",
        "XADD s 9-0 f v",
        "XDEL s 7-0",
        "XACK s g 7-0",
        "XACK s h 7-0",
        "EXEC");
    propagates(
        "XTRIM s DELREF MINID ~ 9 LIMIT 1",
        "MULTI",
        "XDEL s 8-0",
        "XACK s g 8-0",
        "XACK s h 8-0",
        "EXEC");
  }

  @Test
  void releasesAndClaimsByOlderCommands() {
    for (int i = 1; i <= 4; i++) {
      propagates("XADD s " + i + "-0 f v", "XADD s " + i + "-0 f v");
    }
    propagates("XGROUP CREATE s g 0", "XGROUP CREATE s g 0");
    says("XREADGROUP GROUP g c COUNT 3 STREAMS s >");
    replica.next();
    events();
    propagates(
        "XNACK s g FATAL IDS 2 2 9",
        "XCLAIM s g  0 2-0 TIME 0 RETRYCOUNT 9223372036854775807 FORCE JUSTID LASTID 3-0");
    propagates(
        "XNACK s g SILENT IDS 2 3 1",
        "MULTI",
        "XCLAIM s g  0 3-0 TIME 1 RETRYCOUNT 0 FORCE JUSTID LASTID 3-0",
        "XCLAIM s g  0 1-0 TIME 2 RETRYCOUNT 0 FORCE JUSTID LASTID 3-0",
        "EXEC");
    propagates("XNACK s g FAIL IDS 1 4");
    says("XREADGROUP GROUP g d COUNT 4 CLAIM 1000000 STREAMS s >");
    assertThat(
            replica.next().stream()
                .map(words -> String.join(" ", words).replaceFirst("TIME \\d{13}", "TIME now")))
        .containsExactly(
            "MULTI",
            "XCLAIM s g d 0 2-0 TIME now RETRYCOUNT 9223372036854775807 FORCE JUSTID LASTID 3-0",
            "XCLAIM s g d 0 3-0 TIME now RETRYCOUNT 1 FORCE JUSTID LASTID 3-0",
            "XCLAIM s g d 0 1-0 TIME now RETRYCOUNT 1 FORCE JUSTID LASTID 3-0",
            "XCLAIM s g d 0 4-0 TIME now RETRYCOUNT 1 FORCE JUSTID LASTID 4-0",
            "EXEC");
    says("XDEL s 1-0");
    replica.next();
    says("XNACK s g FAIL IDS 1 1");
    assertThat(replica.next().getFirst()).startsWith("XCLAIM", "s", "g", "d", "0", "1-0");
    propagates("XREADGROUP GROUP g e CLAIM 1000000 STREAMS s >", "XGROUP CREATECONSUMER s g e");
    assertThat(events())
        .containsExactly("xgroup-createconsumer s", "xdel s", "xgroup-createconsumer s");
  }

  @Test
  void sendsIdempotentIdsInAFormThatOlderReplicasIgnore() {
    propagates("XADD s 9999999999999-0 f v", "XADD s 9999999999999-0 f v");
    propagates(
        "XADD s KEEPREF IDMP p i MAXLEN = 9 * f v",
        "MULTI",
        "XADD s MAXLEN = 9 9999999999999-1 f v",
        NEWER + "XCFGSET s IDMP-DURATION 100 IDMP-MAXSIZE 100",
        NEWER + " XIDMPRECORD s p i 9999999999999-1",
        "EXEC");
    propagates("XADD s IDMP p i * f w", NEWER + " XIDMPRECORD s p i 9999999999999-1");
    propagates("XIDMPRECORD s p i 9999999999999-1", NEWER + " XIDMPRECORD s p i 9999999999999-1");
    propagates(
        "XADD s NOMKSTREAM IDMP p j * f w",
        "MULTI",
        "XADD s NOMKSTREAM 9999999999999-2 f w",
        NEWER + " XIDMPRECORD s p j 9999999999999-2",
        "EXEC");
    propagates(
        "XADD s MAXLEN 1 DELREF IDMP q j * f w",
        "MULTI",
        "XADD s 9999999999999-3 f w",
        "XDEL s 9999999999999-0 9999999999999-1 9999999999999-2",
        NEWER + " XIDMPRECORD s q j 9999999999999-3",
        "EXEC");
    propagates("XCFGSET s IDMP-MAXSIZE 3", NEWER + "XCFGSET s IDMP-DURATION 100 IDMP-MAXSIZE 3");
    assertThat(events()).containsExactly("xadd s", "xadd s", "xadd s", "xadd s", "xtrim s");
  }

  private void awaitReply(String wanted, String... words) {
    byte[] reply;
    do {
      reply = client.call(words); // bounded by the timeout of the connection
    } while (!wanted.equals(new String(reply, StandardCharsets.US_ASCII)));
  }
}
