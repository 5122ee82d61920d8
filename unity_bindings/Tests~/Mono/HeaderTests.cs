using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Reflection;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;
using NUnit.Framework;
using Rallypoint.Native;

namespace Rallypoint.MonoTests
{
    /// <summary>
    /// Holds the hand-written native layer to the C header, which <c>RALLYPOINT_TEST_HEADER</c> names.
    /// </summary>
    [TestFixture]
    public sealed class HeaderTests
    {
        private static readonly Dictionary<string, Type> Types = new Dictionary<string, Type>
        {
            { "int32_t", typeof(int) },
            { "uint32_t", typeof(uint) },
            { "int64_t", typeof(long) },
            { "uint64_t", typeof(ulong) },
            { "size_t", typeof(UIntPtr) },
            { "rp_handle", typeof(ulong) },
            { "char *", typeof(IntPtr) },
        };

        private string _header;

        [TestFixtureSetUp]
        public void ReadHeader()
        {
            string path = Environment.GetEnvironmentVariable("RALLYPOINT_TEST_HEADER");
            Assert.IsNotNull(path, "RALLYPOINT_TEST_HEADER must name the C header");
            string text = File.ReadAllText(path);
            text = Regex.Replace(text, @"/\*.*?\*/", "", RegexOptions.Singleline);
            _header = Regex.Replace(text, @"//[^\n]*", "");
        }

        [Test]
        public void EveryFunctionIsImportedWithItsParameters()
        {
            MatchCollection found = Regex.Matches(
                _header,
                @"^int32_t (rp_\w+)\((.*?)\);",
                RegexOptions.Multiline | RegexOptions.Singleline);
            Assert.That(found.Count, Is.GreaterThan(40), "the header could be read");
            Dictionary<string, MethodInfo> imports = Imports();
            foreach (Match function in found)
            {
                string name = function.Groups[1].Value;
                Assert.That(imports.Keys, Has.Member(name));
                string[] wanted = function.Groups[2].Value.Trim() == "void"
                    ? new string[0]
                    : function.Groups[2].Value.Split(',').Select(Parameter).ToArray();
                string[] actual = imports[name].GetParameters().Select(Parameter).ToArray();
                CollectionAssert.AreEqual(wanted, actual, name);
                imports.Remove(name);
            }
            CollectionAssert.IsEmpty(imports.Keys, "imports that the header does not have");
        }

        [Test]
        public void EveryImportIsCdeclAndReturnsANumber()
        {
            foreach (MethodInfo method in Imports().Values)
            {
                Assert.AreEqual(CallingConvention.Cdecl, Import(method).CallingConvention, method.Name);
                Assert.AreEqual(typeof(int), method.ReturnType, method.Name);
            }
        }

        [Test]
        public void EveryStructureHasTheHeadersFieldsInOrder()
        {
            MatchCollection found =
                Regex.Matches(_header, @"typedef struct (rp_\w+) \{(.*?)\} \w+;", RegexOptions.Singleline);
            Assert.AreEqual(Enum.GetValues(typeof(NativeStruct)).Length, found.Count);
            foreach (Match structure in found)
            {
                Type ours = Struct(structure.Groups[1].Value);
                Assert.IsTrue(ours.IsLayoutSequential, ours.Name);
                IEnumerable<string> wanted = structure.Groups[2].Value.Split(';')
                    .Select(line => Regex.Replace(line, @"\s+", " ").Trim())
                    .Where(line => line.Length > 0)
                    .Select(Field);
                IEnumerable<string> actual = ours
                    .GetFields(BindingFlags.Instance | BindingFlags.NonPublic | BindingFlags.Public)
                    .OrderBy(field => (long)Marshal.OffsetOf(ours, field.Name))
                    .Select(field => field.FieldType.Name + " " + field.Name);
                CollectionAssert.AreEqual(wanted, actual, ours.Name);
            }
        }

        [TestCase("RP_CODE_", typeof(RallypointErrorCode))]
        [TestCase("RP_EVENT_", typeof(NativeEventType))]
        [TestCase("RP_LINK_", typeof(LinkState))]
        [TestCase("RP_INVITE_KIND_", typeof(InviteKind))]
        [TestCase("RP_INVITE_STATE_", typeof(InviteState))]
        [TestCase("RP_REMOVED_", typeof(InviteRemovalReason))]
        [TestCase("RP_PROGRESS_", typeof(SentInviteProgress))]
        [TestCase("RP_SPEED_", typeof(GameSpeed))]
        [TestCase("RP_STRUCT_", typeof(NativeStruct))]
        [TestCase("RP_SIDE_", typeof(PlayerSide))]
        [TestCase("RP_QUEUE_", typeof(QueueStatus))]
        [TestCase("RP_CANCEL_", typeof(MatchCancelReason))]
        [TestCase("RP_FINISH_", typeof(MatchFinishReason))]
        [TestCase("RP_STEP_", typeof(InviteStep))]
        public void EveryConstantHasItsMember(string prefix, Type type)
        {
            Dictionary<string, int> constants = Constants(prefix);
            Assert.That(constants.Count, Is.GreaterThan(2));
            foreach (KeyValuePair<string, int> constant in constants)
            {
                string member = Enum.GetName(type, constant.Value);
                Assert.IsNotNull(member, prefix + constant.Key);
                if (type != typeof(NativeEventType) || constant.Key != "LINK")
                {
                    Assert.AreEqual(Pascal(constant.Key), member);
                }
            }
        }

        [Test]
        public void EveryLocalErrorHasItsMember()
        {
            foreach (KeyValuePair<string, int> constant in Constants("RP_ERR_"))
            {
                Assert.IsTrue(Enum.IsDefined(typeof(RallypointErrorCode), constant.Value), constant.Key);
            }
        }

        [Test]
        public void LogLevelsAndStatesAreTheHeaders()
        {
            Assert.AreEqual((int)RallypointLogLevel.Warning, Constants("RP_LOG_")["WARN"]);
            Assert.AreEqual((int)RallypointLogLevel.Trace, Constants("RP_LOG_")["TRACE"]);
            Assert.AreEqual((int)InviteStatus.Expired, Constants("RP_STATUS_")["EXPIRED"]);
            Assert.AreEqual(NativeLibrary.AbiVersion, Constants("RP_ABI_")["VERSION"]);
            Assert.AreEqual(NativeOperation.MatchmakingJoin, Constants("RP_OPERATION_")["MATCHMAKING_JOIN"]);
            Assert.AreEqual(NativeOperation.MatchmakingStatus, Constants("RP_OPERATION_")["MATCHMAKING_STATUS"]);
            Assert.AreEqual(NativeOperation.FriendRequest, Constants("RP_OPERATION_")["FRIEND_REQUEST"]);
            Assert.AreEqual(NativeOperation.FriendAccept, Constants("RP_OPERATION_")["FRIEND_ACCEPT"]);
        }

        private static Dictionary<string, MethodInfo> Imports()
        {
            return typeof(NativeMethods)
                .GetMethods(BindingFlags.Static | BindingFlags.NonPublic)
                .Where(method => Import(method) != null)
                .ToDictionary(method => Import(method).EntryPoint);
        }

        private static DllImportAttribute Import(MethodInfo method)
        {
            return (DllImportAttribute)Attribute.GetCustomAttribute(method, typeof(DllImportAttribute));
        }

        private static string Pascal(string name)
        {
            return string.Concat(name.Split('_').Select(part => part.Substring(0, 1) + part.Substring(1).ToLower()));
        }

        private static Type Struct(string name)
        {
            return typeof(NativeMethods).Assembly.GetType("Rallypoint.Native." + PascalOfC(name), true);
        }

        private static string PascalOfC(string name)
        {
            return Pascal(name.ToUpper());
        }

        private static string Field(string line)
        {
            Match parts = Regex.Match(line, @"^(?:const )?(?:struct )?(\w+(?: \*)?) ?(\w+)$");
            string type = parts.Groups[1].Value;
            Type known;
            string name = Types.TryGetValue(type, out known) ? known.Name : PascalOfC(type);
            return name + " " + PascalOfC(parts.Groups[2].Value);
        }

        /// <summary>What a C parameter must be here: by value, by reference, or an array.</summary>
        private static string Parameter(string parameter)
        {
            string text = Regex.Replace(parameter, @"\s+", " ").Trim();
            Match parts = Regex.Match(text, @"^(const )?(?:struct )?(\w+) (\*?)\w+$");
            Assert.IsTrue(parts.Success, text);
            string type = parts.Groups[2].Value;
            bool pointer = parts.Groups[3].Value == "*";
            if (!pointer)
            {
                return Types[type].Name;
            }
            if (type == "char")
            {
                return "Byte[]";
            }
            if (type == "int64_t" && parts.Groups[1].Success)
            {
                return "Int64[]";
            }
            Type known;
            return (Types.TryGetValue(type, out known) ? known.Name : PascalOfC(type)) + "&";
        }

        private static string Parameter(ParameterInfo parameter)
        {
            return parameter.ParameterType.Name;
        }

        private Dictionary<string, int> Constants(string prefix)
        {
            return Regex.Matches(_header, "#define " + prefix + @"(\w+) (-?\d+)")
                .Cast<Match>()
                .ToDictionary(match => match.Groups[1].Value, match => int.Parse(match.Groups[2].Value));
        }
    }
}
