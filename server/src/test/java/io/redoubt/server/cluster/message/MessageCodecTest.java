package io.redoubt.server.cluster.message;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.redoubt.protocol.Seed;
import io.redoubt.protocol.bytes.ByteString;
import io.redoubt.server.cluster.slot.SlotSet;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class MessageCodecTest {
  private static final int RUNS = Integer.getInteger("redoubt.seeds", 2000);

  private final Random random = Seed.random("MessageCodecTest");

  @Test
  void decodesWhatItEncodes() throws MalformedMessage {
    for (int i = 0; i < RUNS; i++) {
      Message message = message();
      byte[] bytes = MessageEncoder.encode(message);
      assertThat(MessageDecoder.length(ByteBuffer.wrap(bytes))).isEqualTo(bytes.length);
      assertThat(MessageDecoder.decode(bytes)).isEqualTo(message);
    }
  }

  @Test
  void decodesLightMessages() throws MalformedMessage {
    for (boolean sharded : new boolean[] {false, true}) {
      Body.Publish body = new Body.Publish(sharded, ByteString.of("news"), ByteString.of("hello"));
      byte[] bytes = MessageEncoder.encodeLight(body);
      ByteBuffer in = ByteBuffer.wrap(bytes);
      assertThat(bytes).hasSize(16 + 8 + 9).startsWith("RCmb".getBytes(US_ASCII));
      assertThat(MessageDecoder.length(in)).isEqualTo(bytes.length);
      assertThat(in.getShort(8)).isEqualTo((short) 1);
      assertThat(in.getShort(12)).isEqualTo((short) (0x8000 | (sharded ? 10 : 4)));
      assertThat(in.getInt(16)).isEqualTo(4);
      assertThat(MessageDecoder.isLight(bytes)).isTrue();
      assertThat(MessageDecoder.decodeLight(bytes)).isEqualTo(body);
      for (int i = 0; i < RUNS; i++) {
        byte[] damaged = Arrays.copyOf(bytes, random.nextInt(bytes.length + 2));
        for (int j = random.nextInt(3); j > 0 && damaged.length > 0; j--) {
          damaged[random.nextInt(damaged.length)] = (byte) random.nextInt();
        }
        try {
          if (MessageDecoder.isLight(damaged)) {
            assertThat(MessageDecoder.decodeLight(damaged).channel().length()).isNotNegative();
          }
        } catch (MalformedMessage expected) {
          assertThat(damaged).isNotEqualTo(bytes);
        }
      }
    }
    assertThat(MessageDecoder.isLight(MessageEncoder.encode(message()))).isFalse();
  }

  /** A damaged message is either refused or a different message that can be encoded. */
  @Test
  void refusesOrUnderstandsDamagedMessages() {
    int refused = 0;
    for (int i = 0; i < RUNS; i++) {
      byte[] bytes = MessageEncoder.encode(message());
      for (int j = random.nextInt(4); j >= 0; j--) {
        bytes[random.nextInt(4) == 0 ? random.nextInt(bytes.length) : interesting(bytes)] =
            (byte) (random.nextBoolean() ? random.nextInt() : random.nextInt(3) - 1);
      }
      if (random.nextInt(4) == 0) {
        bytes = Arrays.copyOf(bytes, random.nextInt(bytes.length + 20));
      }
      try {
        Message message = MessageDecoder.decode(bytes);
        assertThat(MessageDecoder.decode(MessageEncoder.encode(message))).isEqualTo(message);
      } catch (MalformedMessage expected) {
        refused++;
      }
    }
    assertThat(refused).isPositive();
  }

  /** Returns the index of a byte outside of the set of slots. */
  private int interesting(byte[] bytes) {
    int slotsAt = 80;
    int index = random.nextInt(bytes.length - SlotSet.BYTES);
    return index < slotsAt ? index : index + SlotSet.BYTES;
  }

  @Test
  void hasTheOffsetsOfRedis() {
    byte[] bytes =
        MessageEncoder.encode(
            new Message(
                new Header(
                    "a".repeat(40),
                    new Endpoint("10.0.0.1", 0x0102, 0x0304, 0x0506),
                    new Header.View(0x1112131415161718L, false),
                    new Claim(0x2122232425262728L, SlotSet.of(0, 9)),
                    0x3132333435363738L,
                    "b".repeat(40),
                    0x0708,
                    Header.PAUSED),
                new Body.Gossip(
                    Body.GossipKind.MEET,
                    List.of(
                        new GossipEntry(
                            "c".repeat(40),
                            0x41424344,
                            0x45464748,
                            new Endpoint("::1", 0x5152, 0x5354, 0x5556),
                            0x5758)),
                    List.of(new Extension.Hostname("host.name")))));
    ByteBuffer in = ByteBuffer.wrap(bytes);
    assertThat(bytes).hasSize(2256 + 104 + 8 + 16).startsWith("RCmb".getBytes(US_ASCII));
    assertThat(in.getInt(4)).isEqualTo(bytes.length);
    assertThat(in.getShort(8)).isEqualTo((short) 1);
    assertThat(in.getShort(10)).isEqualTo((short) 0x0102);
    assertThat(in.getShort(12)).isEqualTo((short) 2);
    assertThat(in.getShort(14)).isEqualTo((short) 1);
    assertThat(in.getLong(16)).isEqualTo(0x1112131415161718L);
    assertThat(in.getLong(24)).isEqualTo(0x2122232425262728L);
    assertThat(in.getLong(32)).isEqualTo(0x3132333435363738L);
    assertThat(bytes[40]).isEqualTo((byte) 'a');
    assertThat(bytes[80]).isEqualTo((byte) 1);
    assertThat(bytes[81]).isEqualTo((byte) 2);
    assertThat(bytes[2128]).isEqualTo((byte) 'b');
    assertThat(bytes[2168]).isEqualTo((byte) '1');
    assertThat(in.getShort(2214)).isEqualTo((short) 1);
    assertThat(in.getShort(2246)).isEqualTo((short) 0x0304);
    assertThat(in.getShort(2248)).isEqualTo((short) 0x0506);
    assertThat(in.getShort(2250)).isEqualTo((short) 0x0708);
    assertThat(bytes[2252]).isEqualTo((byte) 1);
    assertThat(bytes[2253]).isEqualTo((byte) (Header.PAUSED | Header.EXTENSION_DATA));
    assertThat(bytes[2256]).isEqualTo((byte) 'c');
    assertThat(in.getInt(2296)).isEqualTo(0x41424344);
    assertThat(in.getInt(2300)).isEqualTo(0x45464748);
    assertThat(bytes[2304]).isEqualTo((byte) ':');
    assertThat(in.getShort(2350)).isEqualTo((short) 0x5152);
    assertThat(in.getShort(2352)).isEqualTo((short) 0x5556);
    assertThat(in.getShort(2354)).isEqualTo((short) 0x5758);
    assertThat(in.getShort(2356)).isEqualTo((short) 0x5354);
    assertThat(in.getInt(2360)).isEqualTo(24);
    assertThat(in.getShort(2364)).isEqualTo((short) 0);
    assertThat(bytes[2368]).isEqualTo((byte) 'h');
  }

  @Test
  void refusesWhatCouldNotBeStored() {
    byte[] good = MessageEncoder.encode(message(new Body.Vote()));
    refuses(good, 0, 'r', "signature");
    refuses(good, 4, 0x7f, "length");
    refuses(good, 9, 2, "version");
    refuses(good, 16, 0x80, "epoch");
    refuses(good, 40, 'A', "node id");
    refuses(good, 2128, ' ', "node id");
    refuses(good, 2168, '\n', "address");
    assertThatThrownBy(() -> MessageDecoder.decode(Arrays.copyOf(good, 100)))
        .isInstanceOf(MalformedMessage.class);
  }

  private static void refuses(byte[] good, int index, int value, String reason) {
    byte[] bad = good.clone();
    bad[index] = (byte) value;
    assertThatThrownBy(() -> MessageDecoder.decode(bad))
        .isInstanceOf(MalformedMessage.class)
        .hasMessageContaining(reason);
  }

  private Message message() {
    return message(body());
  }

  private Message message(Body body) {
    SlotSet slots = new SlotSet();
    for (int i = random.nextInt(5); i > 0; i--) {
      slots.add(random.nextInt(SlotSet.SLOTS));
    }
    boolean extended = body instanceof Body.Gossip gossip && !gossip.extensions().isEmpty();
    return new Message(
        new Header(
            id(),
            endpoint(),
            new Header.View(random.nextLong(1L << 40), random.nextBoolean()),
            new Claim(random.nextLong(1L << 40), slots),
            random.nextLong(),
            random.nextBoolean() ? id() : null,
            random.nextInt(1 << 11),
            random.nextInt(8) | (extended ? Header.EXTENSION_DATA : 0)),
        body);
  }

  private Body body() {
    return switch (random.nextInt(9)) {
      case 0 -> new Body.Fail(id());
      case 1 -> new Body.Publish(random.nextBoolean(), bytes(30), bytes(300));
      case 2 -> new Body.VoteRequest();
      case 3 -> new Body.Vote();
      case 4 ->
          new Body.Update(random.nextLong(100), id(), SlotSet.of(random.nextInt(SlotSet.SLOTS)));
      case 5 -> new Body.PauseRequest();
      case 6 -> new Body.Module(random.nextLong(), random.nextInt(256), bytes(100));
      default -> gossip();
    };
  }

  private Body.Gossip gossip() {
    List<GossipEntry> entries = new ArrayList<>();
    for (int i = random.nextInt(6); i > 0; i--) {
      entries.add(
          new GossipEntry(
              id(),
              random.nextLong(1L << 32),
              random.nextLong(1L << 32),
              endpoint(),
              random.nextInt(1 << 11)));
    }
    List<Extension> extensions = new ArrayList<>();
    for (int i = random.nextInt(4); i > 0; i--) {
      extensions.add(
          switch (random.nextInt(5)) {
            case 0 -> new Extension.Hostname("h".repeat(random.nextInt(20)));
            case 1 -> new Extension.NodeName("n".repeat(random.nextInt(20)));
            case 2 -> new Extension.ForgottenNode(id(), random.nextLong(1000));
            case 3 -> new Extension.ShardId(id());
            default ->
                new Extension.Unknown(
                    4 + random.nextInt(100), ByteString.of(new byte[8 * random.nextInt(4)]));
          });
    }
    return new Body.Gossip(Body.GossipKind.values()[random.nextInt(3)], entries, extensions);
  }

  private Endpoint endpoint() {
    String[] ips = {"", "127.0.0.1", "fe80::1%eth0", "node-1.example.com"};
    return new Endpoint(
        ips[random.nextInt(ips.length)],
        random.nextInt(65536),
        random.nextInt(65536),
        random.nextInt(65536));
  }

  private String id() {
    StringBuilder id = new StringBuilder();
    while (id.length() < NodeIds.LENGTH) {
      id.append(Character.forDigit(random.nextInt(16), 16));
    }
    return id.toString();
  }

  private ByteString bytes(int max) {
    byte[] bytes = new byte[random.nextInt(max)];
    random.nextBytes(bytes);
    return ByteString.of(bytes);
  }
}
