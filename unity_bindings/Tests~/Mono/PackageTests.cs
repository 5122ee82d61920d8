using System;
using System.IO;
using System.Linq;
using NUnit.Framework;

namespace Rallypoint.MonoTests
{
    /// <summary>What the package says about itself. <c>RALLYPOINT_TEST_PACKAGE</c> names its folder.</summary>
    [TestFixture]
    public sealed class PackageTests
    {
        [Test]
        public void TheReadmesQuickStartIsTheCompiledOneAndHasAtMostFifteenLines()
        {
            string sample = Read("Samples~/QuickStart/QuickStart.cs").Trim();
            StringAssert.Contains("```csharp\n" + sample + "\n```", Read("README.md"));
            Assert.That(sample.Split('\n').Length, Is.LessThanOrEqualTo(15));
        }

        [Test]
        public void TheErrorPageHasEveryCode()
        {
            string page = Read("Documentation~/errors.md");
            foreach (RallypointErrorCode code in ErrorCatalogue.All)
            {
                string row = "| `" + ErrorCatalogue.Name(code) + "` | `" + code + "` | " + ErrorCatalogue.Advice(code) +
                    " | " + (ErrorCatalogue.IsRetryable(code) ? "yes" : "no") + " |";
                StringAssert.Contains(row, page);
            }
        }

        [Test]
        public void ThePackageNamesSamplesThatExist()
        {
            string[] paths = Read("package.json").Split('\n')
                .Where(line => line.Contains("\"path\": "))
                .Select(line => line.Split('"')[3])
                .ToArray();
            Assert.AreEqual(4, paths.Length);
            foreach (string path in paths)
            {
                Assert.IsTrue(Directory.Exists(Path.Combine(Folder(), path)), path);
            }
        }

        private static string Read(string file)
        {
            return File.ReadAllText(Path.Combine(Folder(), file));
        }

        private static string Folder()
        {
            string folder = Environment.GetEnvironmentVariable("RALLYPOINT_TEST_PACKAGE");
            Assert.IsNotNull(folder, "RALLYPOINT_TEST_PACKAGE must name the package's folder");
            return folder;
        }
    }
}
