import io.grpc.CallOptions;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.stub.ClientCalls;
import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Unmodified grpc-java with its own xDS client. With a service it calls xds:///SERVICE without end and prints {@code ok BACKEND} or
 * {@code failed REASON} for each call. Without one it calls several at once, as its standard input says:
 *
 * <pre>
 * in   call SERVICE, stop SERVICE
 * out  ok SERVICE BACKEND, failed SERVICE REASON, stopped SERVICE
 * </pre>
 *
 * <p>usage: GrpcJava [SERVICE] (bootstrap file in GRPC_XDS_BOOTSTRAP)
 */
public final class GrpcJava {
  private static final long PACE_MS = 20;
  private static final long DEADLINE_MS = 10_000;

  /**
   * A call that grpc-java has forgotten, deadline and all, is not waited for. Seen when a Cluster gets another balancing policy, or gets
   * or loses its outlier detection, in some of a hundred such changes.
   */
  private static final long LOST_MS = DEADLINE_MS + 5_000;

  /** The backend's method has no schema: bytes in, bytes out. */
  private static final MethodDescriptor.Marshaller<byte[]> AS_IS =
      new MethodDescriptor.Marshaller<>() {
        @Override
        public InputStream stream(byte[] bytes) {
          return new ByteArrayInputStream(bytes);
        }

        @Override
        public byte[] parse(InputStream stream) {
          try {
            return stream.readAllBytes();
          } catch (IOException failure) {
            throw new UncheckedIOException(failure);
          }
        }
      };

  private static final MethodDescriptor<byte[], byte[]> SAY =
      MethodDescriptor.newBuilder(AS_IS, AS_IS)
          .setType(MethodDescriptor.MethodType.UNARY)
          .setFullMethodName("demo.Echo/Say")
          .build();

  private static final Set<String> called = ConcurrentHashMap.newKeySet();

  public static void main(String[] args) throws Exception {
    if (args.length > 0) {
      called.add(args[0]);
      keepCalling(args[0], "");
      return;
    }
    BufferedReader orders = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = orders.readLine(); line != null; line = orders.readLine()) {
      String[] words = line.split(" ");
      if (words[0].equals("call")) {
        called.add(words[1]);
        Thread caller = new Thread(() -> keepCalling(words[1], words[1] + " "));
        caller.setDaemon(true);
        caller.start();
      } else {
        called.remove(words[1]);
      }
    }
  }

  /** Calls a service until it is told to stop; {@code about} stands in front of what a line says. */
  private static void keepCalling(String service, String about) {
    ManagedChannel channel = Grpc.newChannelBuilder("xds:///" + service, InsecureChannelCredentials.create()).build();
    while (called.contains(service)) {
      try {
        say("ok " + about + call(channel));
      } catch (TimeoutException lost) {
        say("failed " + about + "LOST the call did not end at its deadline");
      } catch (ExecutionException failure) {
        Status status = Status.fromThrowable(failure);
        say("failed " + about + status.getCode() + " " + status.getDescription() + " " + status.getCause());
      }
      pause();
    }
    channel.shutdownNow();
    say("stopped " + service);
  }

  private static String call(ManagedChannel channel) throws ExecutionException, TimeoutException {
    CallOptions within = CallOptions.DEFAULT.withDeadlineAfter(DEADLINE_MS, TimeUnit.MILLISECONDS);
    Future<byte[]> answer = ClientCalls.futureUnaryCall(channel.newCall(SAY, within), new byte[] {'x'});
    try {
      return new String(answer.get(LOST_MS, TimeUnit.MILLISECONDS), StandardCharsets.UTF_8);
    } catch (InterruptedException interrupted) {
      throw new IllegalStateException(interrupted);
    }
  }

  private static void pause() {
    try {
      Thread.sleep(PACE_MS);
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  /** Prints a line of its own: what a reason says over several becomes one. */
  private static synchronized void say(String line) {
    System.out.println(line.replace('\n', ' '));
    System.out.flush();
  }
}
